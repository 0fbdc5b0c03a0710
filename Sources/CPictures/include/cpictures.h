#pragma once

/* libgd and libchafa, loaded when the first picture is decoded or drawn: most commands see none. */

struct gdImageStruct;

struct cpictures_gd {
    struct gdImageStruct *_Nullable (*_Nonnull fromPNG)(int size, void *_Nonnull data);
    struct gdImageStruct *_Nullable (*_Nonnull fromJPEG)(int size, void *_Nonnull data);
    struct gdImageStruct *_Nullable (*_Nonnull fromGIF)(int size, void *_Nonnull data);
    struct gdImageStruct *_Nullable (*_Nonnull fromWebP)(int size, void *_Nonnull data);
    struct gdImageStruct *_Nullable (*_Nonnull fromBMP)(int size, void *_Nonnull data);
    struct gdImageStruct *_Nullable (*_Nonnull createTrueColor)(int width, int height);
    void (*_Nonnull copyResampled)(
        struct gdImageStruct *_Nonnull to, struct gdImageStruct *_Nonnull from, int toX, int toY, int fromX, int fromY,
        int toWidth, int toHeight, int fromWidth, int fromHeight);
    void (*_Nonnull filledRectangle)(struct gdImageStruct *_Nonnull image, int x1, int y1, int x2, int y2, int colour);
    int (*_Nonnull trueColorPixel)(struct gdImageStruct *_Nonnull image, int x, int y);
    void *_Nullable (*_Nonnull jpeg)(struct gdImageStruct *_Nonnull image, int *_Nonnull size, int quality);
    void (*_Nonnull release)(void *_Nullable memory);
    void (*_Nonnull destroy)(struct gdImageStruct *_Nonnull image);
    void (*_Nonnull setErrorMethod)(void (*_Nullable method)(int, const char *_Nonnull, __builtin_va_list));
};

/* Loads libgd, which is told to write nothing on standard error: to be called once.
   Returns NULL when it is not installed or lacks one of the functions. */
const struct cpictures_gd *_Nullable cpictures_load_gd(void);

/* How a terminal shows a picture. */
enum cpictures_form { cpictures_symbols, cpictures_sixel, cpictures_kitty, cpictures_iterm };

/* Loads libchafa: to be called once, and before cpictures_draw.
   Returns 0 when it is not installed or lacks one of the functions. */
int cpictures_load_chafa(void);

/* Draws RGBA pixels into at most `columns` by `rows` cells with libchafa, in the form and colours the terminal has.
   `environment` tells the terminal: NAME=value pairs with a NUL behind each, and one more behind the last.
   Returns text to be given to free(), with `length` bytes, or NULL when there is no memory. */
char *_Nullable cpictures_draw(
    const unsigned char *_Nonnull pixels, int width, int height, int columns, int rows,
    const char *_Nonnull environment, enum cpictures_form *_Nonnull form, int *_Nonnull length);
