#ifndef MARTLET_JPEG_H
#define MARTLET_JPEG_H

#include <stddef.h>
#include <stdint.h>

// What is known of a picture, and why it could not be read.
typedef struct {
    uint32_t width;
    uint32_t height;
    char message[200];
} martlet_jpeg;

// Reads the size of a JPEG of `count` bytes. Returns 1, or 0 and a message.
int martlet_jpeg_size(const uint8_t *bytes, size_t count, martlet_jpeg *picture);

// Decodes a JPEG, whose size has been read, to rgb[height, width, 3]; grey ones too. Returns 1, or 0 and a message.
int martlet_jpeg_decode(const uint8_t *bytes, size_t count, martlet_jpeg *picture, uint8_t *rgb);

#endif
