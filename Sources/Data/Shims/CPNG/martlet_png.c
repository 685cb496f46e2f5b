// libpng reports errors by jumping back to the caller, which must not happen across Swift. Every jump starts and lands
// in this file. (libpng's simplified calls would do without, but version 1.6.39 decodes interlaced 16-bit pictures
// wrongly.)

#include "martlet_png.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

// What one reading needs; outside of the functions that jumps return to, so that no value is lost on the way.
typedef struct {
    const uint8_t *bytes;
    size_t remaining;
    martlet_png *picture;
    png_structp png;
    png_infop info;
    png_bytepp rows;
} reading;

static void keep_message(martlet_png *picture, const char *message) {
    strncpy(picture->message, message, sizeof picture->message - 1);
    picture->message[sizeof picture->message - 1] = 0;
}

static void on_error(png_structp png, png_const_charp message) {
    keep_message(((reading *)png_get_error_ptr(png))->picture, message);
    png_longjmp(png, 1);
}

// What libpng can live with, we can live with; the default would print it.
static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep target, size_t count) {
    reading *r = png_get_io_ptr(png);
    if (count > r->remaining) png_error(png, "it ends too early");
    memcpy(target, r->bytes, count);
    r->bytes += count;
    r->remaining -= count;
}

// Everything up to the pixels.
static void read_head(reading *r) {
    png_set_read_fn(r->png, r, on_read);
    png_read_info(r->png, r->info);
    r->picture->width = png_get_image_width(r->png, r->info);
    r->picture->height = png_get_image_height(r->png, r->info);
}

// The pixels, whatever they are in the file: as a byte of grey and one of opacity, or as red, green, blue and opacity.
static void read_pixels(reading *r, uint8_t *pixels, int channels) {
    const size_t row_size = channels * (size_t)r->picture->width;
    png_set_expand(r->png);
    png_set_scale_16(r->png);
    const int has_color = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR;
    if (has_color && channels == 2) png_set_rgb_to_gray(r->png, 1, -1, -1);
    if (!has_color && channels == 4) png_set_gray_to_rgb(r->png);
    png_set_add_alpha(r->png, 0xFF, PNG_FILLER_AFTER);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    if (png_get_rowbytes(r->png, r->info) != row_size) png_error(r->png, "its pixels are of an unknown kind");

    r->rows = malloc(r->picture->height * sizeof *r->rows);
    if (!r->rows) png_error(r->png, "there is not enough memory");
    for (uint32_t row = 0; row < r->picture->height; row++) r->rows[row] = pixels + row * row_size;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL);
}

// Reads the head, and the pixels if there is a place for them.
static int read_png(const uint8_t *bytes, size_t count, martlet_png *picture, uint8_t *pixels, int channels) {
    reading r = {bytes, count, picture, NULL, NULL, NULL};
    reading *const fixed = &r;
    keep_message(picture, "libpng cannot start");
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    if (!r.png) return 0;
    volatile int is_read = 0;
    if (!setjmp(png_jmpbuf(r.png))) {
        fixed->info = png_create_info_struct(fixed->png);
        if (!fixed->info) png_error(fixed->png, "there is not enough memory");
        read_head(fixed);
        if (pixels) read_pixels(fixed, pixels, channels);
        is_read = 1;
    }
    png_destroy_read_struct(&fixed->png, &fixed->info, NULL);
    free(fixed->rows);
    return is_read;
}

int martlet_png_size(const uint8_t *bytes, size_t count, martlet_png *picture) {
    return read_png(bytes, count, picture, NULL, 0);
}

int martlet_png_decode(const uint8_t *bytes, size_t count, martlet_png *picture, uint8_t *gray_alpha) {
    return read_png(bytes, count, picture, gray_alpha, 2);
}

int martlet_png_decode_color(const uint8_t *bytes, size_t count, martlet_png *picture, uint8_t *rgba) {
    return read_png(bytes, count, picture, rgba, 4);
}

int martlet_png_encode(const uint8_t *pixels, int channels, martlet_png *picture, uint8_t *bytes, size_t *count) {
    png_image image = {.version = PNG_IMAGE_VERSION, .width = picture->width, .height = picture->height};
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    const int is_written = png_image_write_to_memory(&image, bytes, count, 0, pixels, 0, NULL);
    if (!is_written) keep_message(picture, image.message);
    png_image_free(&image);
    return is_written;
}
