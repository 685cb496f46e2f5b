// Runs programs: chunk after chunk of the elements goes through all steps while it is in the first cache.
#include "map.h"

#include <string.h>

// Registers live on the stack of whoever runs: no allocation, and the same lines of the first cache every time. The
// more registers a program has, the shorter its chunks.
enum { registers_byte_count = martlet_registers_byte_count, gap_byte_count = martlet_register_gap_byte_count };

ptrdiff_t martlet_chunk_length(ptrdiff_t register_count) {
    if (register_count == 0) return 1024;
    ptrdiff_t length = (registers_byte_count / register_count - gap_byte_count) / 4 / 64 * 64;
    return length < 1024 ? length : 1024;
}

static ptrdiff_t element_byte_count(const struct martlet_operand *operand) {
    return operand->source == martlet_words ? 4 : 1;
}

void martlet_frame_open(struct martlet_frame *frame, const struct martlet_map *map) {
    frame->map = map;
    frame->chunk = martlet_chunk_length(map->register_count);
    const ptrdiff_t pitch = frame->chunk * 4 + gap_byte_count;
    for (int slot = 0; slot < map->slot_count; slot++) {
        const uint8_t number = map->registers[slot];
        frame->slots[slot] =
            number == martlet_no_register ? (void *)&frame->uniforms[slot] : frame->memory + number * pitch;
    }
    for (int i = 0; i < map->word_count; i++) frame->uniforms[map->words[i].slot] = map->words[i].bits;
    if (map->row_length == 0) martlet_frame_begin_row(frame, 0);
}

void martlet_frame_begin_row(struct martlet_frame *frame, ptrdiff_t row) {
    const struct martlet_map *map = frame->map;
    for (int i = 0; i < map->operand_count; i++) {
        const struct martlet_operand *operand = &map->operands[i];
        if (map->row_length > 0) {
            ptrdiff_t rest = row, offset = 0;
            for (int axis = operand->rank - 2; axis >= 0; axis--) {
                offset += rest % operand->shape[axis] * operand->strides[axis];
                rest /= operand->shape[axis];
            }
            frame->row_offset[i] = offset;
        }
        if (operand->access == martlet_access_scalar)
            map->kernels->fetch(operand, row * map->row_length, 1, &frame->uniforms[operand->slot]);
    }
    for (int i = 0; i < map->uniform_step_count; i++) {
        const struct martlet_program_step *step = &map->uniform_steps[i];
        step->routine(frame->slots[step->to], frame->slots[step->a], frame->slots[step->b], frame->slots[step->c], 1);
    }
}

void martlet_frame_evaluate(struct martlet_frame *frame, ptrdiff_t start, ptrdiff_t column, ptrdiff_t count) {
    const struct martlet_map *map = frame->map;
    void **slots = frame->slots;
    for (int i = 0; i < map->operand_count; i++) {
        const struct martlet_operand *operand = &map->operands[i];
        if (operand->access == martlet_access_direct) {
            const ptrdiff_t position = map->row_length > 0 ? frame->row_offset[i] + column : start;
            slots[operand->slot] = operand->base + position * element_byte_count(operand);
        } else if (operand->access == martlet_access_periodic) {
            slots[operand->slot] = operand->base + start % operand->shape[0] * 4;
        }
    }
    for (int i = 0; i < map->step_count; i++) {
        const struct martlet_program_step *step = &map->steps[i];
        if (step->routine)
            step->routine(slots[step->to], slots[step->a], slots[step->b], slots[step->c], count);
        else if (step->is_store)
            map->kernels->put(&map->operands[step->a], start, count, slots[step->b]);
        else
            map->kernels->fetch(&map->operands[step->a], start, count, slots[step->to]);
    }
}

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

void martlet_map_run(const struct martlet_map *map, ptrdiff_t begin, ptrdiff_t end) {
    struct martlet_frame frame;
    martlet_frame_open(&frame, map);
    if (map->row_length == 0) {
        for (ptrdiff_t start = begin; start < end; start += frame.chunk)
            martlet_frame_evaluate(&frame, start, 0, least(frame.chunk, end - start));
        return;
    }
    const ptrdiff_t length = map->row_length;
    for (ptrdiff_t row = begin / length; row * length < end; row++) {
        martlet_frame_begin_row(&frame, row);
        const ptrdiff_t first = row * length;
        const ptrdiff_t row_end = least(end - first, length);
        for (ptrdiff_t column = begin > first ? begin - first : 0; column < row_end; column += frame.chunk)
            martlet_frame_evaluate(&frame, first + column, column, least(frame.chunk, row_end - column));
    }
}
