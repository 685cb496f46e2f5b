// What runs of programs share with reductions.
#ifndef MARTLET_MAP_H
#define MARTLET_MAP_H

#include "martlet_vector.h"

// Half of a first-level cache: the other half is for the operands in memory. The gap between registers keeps equal
// elements of two of them from having equal low address bits, which processors mistake for a conflict.
enum { martlet_registers_byte_count = 24 * 1024, martlet_register_gap_byte_count = 192 };

// A run of a program by one thread.
struct martlet_frame {
    const struct martlet_map *map;
    ptrdiff_t chunk; // the most elements evaluated at once
    void *slots[martlet_most_slots];
    uint32_t uniforms[martlet_most_slots];
    ptrdiff_t row_offset[martlet_most_operands];
    _Alignas(64) char memory[martlet_registers_byte_count];
};

void martlet_frame_open(struct martlet_frame *frame, const struct martlet_map *map);

// Only for maps with rows: what follows is within this row.
void martlet_frame_begin_row(struct martlet_frame *frame, ptrdiff_t row);

// Runs the steps for elements start ..< start + count; `column` is the position of the first within its row.
void martlet_frame_evaluate(struct martlet_frame *frame, ptrdiff_t start, ptrdiff_t column, ptrdiff_t count);

#endif
