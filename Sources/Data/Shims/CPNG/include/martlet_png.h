#ifndef MARTLET_PNG_H
#define MARTLET_PNG_H

#include <stddef.h>
#include <stdint.h>

// What is known of a picture, and why it could not be read or written.
typedef struct {
    uint32_t width;
    uint32_t height;
    char message[128];
} martlet_png;

// Reads the size of a PNG of `count` bytes. Returns 1, or 0 and a message.
int martlet_png_size(const uint8_t *bytes, size_t count, martlet_png *picture);

// Decodes a PNG of any kind, whose size has been read, to gray_alpha[height, width, 2], colours turned to grey.
// Returns 1, or 0 and a message.
int martlet_png_decode(const uint8_t *bytes, size_t count, martlet_png *picture, uint8_t *gray_alpha);

// The same to rgba[height, width, 4], grey turned to equal parts of red, green and blue.
int martlet_png_decode_color(const uint8_t *bytes, size_t count, martlet_png *picture, uint8_t *rgba);

// Encodes pixels[height, width, channels], 1 channel of grey or 3 of red, green and blue, into `bytes`, of which there are
// `*count`; sets `*count` to those used. Returns 1, or 0 and a message.
int martlet_png_encode(const uint8_t *pixels, int channels, martlet_png *picture, uint8_t *bytes, size_t *count);

#endif
