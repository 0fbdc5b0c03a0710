#include "cpictures.h"

#include <chafa.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The functions of libchafa that are used, and g_string_free of the library below it. */
#define FUNCTIONS(X) \
    X(chafa_symbol_map_new) X(chafa_symbol_map_add_by_tags) X(chafa_symbol_map_unref) \
    X(chafa_canvas_config_new) X(chafa_canvas_config_set_geometry) X(chafa_canvas_config_set_symbol_map) \
    X(chafa_canvas_config_set_canvas_mode) X(chafa_canvas_config_set_pixel_mode) \
    X(chafa_canvas_config_set_cell_geometry) X(chafa_canvas_config_unref) X(chafa_canvas_new) \
    X(chafa_canvas_draw_all_pixels) X(chafa_canvas_print) X(chafa_canvas_unref) X(chafa_calc_canvas_geometry) \
    X(chafa_term_db_get_default) X(chafa_term_db_detect) X(chafa_term_info_have_seq) X(chafa_term_info_unref) \
    X(g_string_free)

#define MEMBER(function) __typeof__(&(function)) function##_;
static struct { FUNCTIONS(MEMBER) } library;

int cpictures_load_chafa(void) {
    void *handle = dlopen("libchafa.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return 0;
#define RESOLVE(function) \
    library.function##_ = (__typeof__(&(function)))dlsym(handle, #function); \
    if (!library.function##_) return 0;
    FUNCTIONS(RESOLVE)
    return 1;
}
#define CALL(function) library.function##_

/* What the terminal itself draws, the best first; every other gets characters. */
static ChafaPixelMode pixel_mode(ChafaTermInfo *terminal, enum cpictures_form *form) {
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1)) {
        *form = cpictures_kitty;
        return CHAFA_PIXEL_MODE_KITTY;
    }
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE)) {
        *form = cpictures_iterm;
        return CHAFA_PIXEL_MODE_ITERM2;
    }
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_BEGIN_SIXELS)) {
        *form = cpictures_sixel;
        return CHAFA_PIXEL_MODE_SIXELS;
    }
    *form = cpictures_symbols;
    return CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaCanvasMode canvas_mode(ChafaTermInfo *terminal) {
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT)) return CHAFA_CANVAS_MODE_TRUECOLOR;
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256)) return CHAFA_CANVAS_MODE_INDEXED_240;
    if (CALL(chafa_term_info_have_seq)(terminal, CHAFA_TERM_SEQ_SET_COLOR_FGBG_16)) return CHAFA_CANVAS_MODE_INDEXED_16;
    return CHAFA_CANVAS_MODE_FGBG;
}

char *cpictures_draw(
    const unsigned char *pixels, int width, int height, int columns, int rows, const char *environment,
    enum cpictures_form *form, int *length) {
    enum { variables_limit = 64 };
    char *variables[variables_limit + 1];
    int count = 0;
    for (const char *next = environment; *next && count < variables_limit; next += strlen(next) + 1)
        variables[count++] = (char *)next; /* libchafa only reads them */
    variables[count] = 0;
    const float cell_ratio = 0.5f; /* a cell is twice as high as wide */
    enum { cell_width = 10, cell_height = 20 };
    gint across = columns, down = rows;
    CALL(chafa_calc_canvas_geometry)(width, height, &across, &down, cell_ratio, FALSE, FALSE);
    ChafaTermInfo *terminal = CALL(chafa_term_db_detect)(CALL(chafa_term_db_get_default)(), variables);
    ChafaSymbolMap *symbols = CALL(chafa_symbol_map_new)();
    CALL(chafa_symbol_map_add_by_tags)(symbols, CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BLOCK);
    ChafaCanvasConfig *config = CALL(chafa_canvas_config_new)();
    CALL(chafa_canvas_config_set_geometry)(config, across, down);
    CALL(chafa_canvas_config_set_cell_geometry)(config, cell_width, cell_height);
    CALL(chafa_canvas_config_set_symbol_map)(config, symbols);
    CALL(chafa_canvas_config_set_pixel_mode)(config, pixel_mode(terminal, form));
    CALL(chafa_canvas_config_set_canvas_mode)(config, canvas_mode(terminal));
    ChafaCanvas *canvas = CALL(chafa_canvas_new)(config);
    CALL(chafa_canvas_draw_all_pixels)(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, pixels, width, height, width * 4);
    GString *text = CALL(chafa_canvas_print)(canvas, terminal);
    char *copy = malloc(text->len + 1);
    if (copy) {
        memcpy(copy, text->str, text->len + 1);
        *length = (int)text->len;
    }
    CALL(g_string_free)(text, TRUE);
    CALL(chafa_canvas_unref)(canvas);
    CALL(chafa_canvas_config_unref)(config);
    CALL(chafa_symbol_map_unref)(symbols);
    CALL(chafa_term_info_unref)(terminal);
    return copy;
}
