// libjpeg ends the program on errors unless it is made to jump, which must not happen across Swift. Every jump starts
// and lands in this file.

#include "martlet_jpeg.h"

// stdio.h has to come before jpeglib.h, which uses FILE and size_t without including them.
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
    struct jpeg_error_mgr manager; // first, since libjpeg hands back a pointer to it
    jmp_buf landing;
    martlet_jpeg *picture;
} error_handler;

static void on_error(j_common_ptr reader) {
    error_handler *handler = (error_handler *)reader->err;
    char message[JMSG_LENGTH_MAX];
    reader->err->format_message(reader, message);
    strncpy(handler->picture->message, message, sizeof handler->picture->message - 1);
    handler->picture->message[sizeof handler->picture->message - 1] = 0;
    longjmp(handler->landing, 1);
}

// Warnings tell of data that can be gone around, but for those that say that a part of the picture is missing.
static void on_message(j_common_ptr reader, int level) {
    if (level >= 0) return;
    reader->err->num_warnings++;
    if (reader->err->msg_code == JWRN_JPEG_EOF || reader->err->msg_code == JWRN_HIT_MARKER) on_error(reader);
}

static int read_jpeg(const uint8_t *bytes, size_t count, martlet_jpeg *picture, uint8_t *rgb) {
    struct jpeg_decompress_struct reader;
    error_handler handler;
    memset(&reader, 0, sizeof reader);
    handler.picture = picture;
    picture->message[0] = 0;
    reader.err = jpeg_std_error(&handler.manager);
    handler.manager.error_exit = on_error;
    handler.manager.emit_message = on_message;
    if (setjmp(handler.landing)) {
        jpeg_destroy_decompress(&reader);
        return 0;
    }
    jpeg_create_decompress(&reader);
    jpeg_mem_src(&reader, bytes, (unsigned long)count);
    jpeg_read_header(&reader, TRUE);
    if (!rgb) {
        picture->width = reader.image_width;
        picture->height = reader.image_height;
    } else {
        reader.out_color_space = JCS_RGB;
        jpeg_start_decompress(&reader);
        while (reader.output_scanline < reader.output_height) {
            JSAMPROW row = rgb + (size_t)reader.output_scanline * 3 * picture->width;
            jpeg_read_scanlines(&reader, &row, 1);
        }
        jpeg_finish_decompress(&reader);
    }
    jpeg_destroy_decompress(&reader);
    return 1;
}

int martlet_jpeg_size(const uint8_t *bytes, size_t count, martlet_jpeg *picture) {
    return read_jpeg(bytes, count, picture, NULL);
}

int martlet_jpeg_decode(const uint8_t *bytes, size_t count, martlet_jpeg *picture, uint8_t *rgb) {
    return read_jpeg(bytes, count, picture, rgb);
}
