#include "cpictures.h"

#include <dlfcn.h>
#include <gd.h>

/* The compiler compares each pointer's type with the declaration in the library's header. */
#define RESOLVE(member, function) \
    library.member = (__typeof__(&(function)))dlsym(handle, #function); \
    if (!library.member) return 0

static void silent(int priority, const char *format, va_list arguments) {
    (void)priority, (void)format, (void)arguments;
}

const struct cpictures_gd *cpictures_load_gd(void) {
    static struct cpictures_gd library;
    void *handle = dlopen("libgd.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return 0;
    RESOLVE(fromPNG, gdImageCreateFromPngPtr);
    RESOLVE(fromJPEG, gdImageCreateFromJpegPtr);
    RESOLVE(fromGIF, gdImageCreateFromGifPtr);
    RESOLVE(fromWebP, gdImageCreateFromWebpPtr);
    RESOLVE(fromBMP, gdImageCreateFromBmpPtr);
    RESOLVE(createTrueColor, gdImageCreateTrueColor);
    RESOLVE(copyResampled, gdImageCopyResampled);
    RESOLVE(filledRectangle, gdImageFilledRectangle);
    RESOLVE(trueColorPixel, gdImageGetTrueColorPixel);
    RESOLVE(jpeg, gdImageJpegPtr);
    RESOLVE(release, gdFree);
    RESOLVE(destroy, gdImageDestroy);
    RESOLVE(setErrorMethod, gdSetErrorMethod);
    library.setErrorMethod(silent);
    return &library;
}
