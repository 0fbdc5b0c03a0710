#include "clibxml2.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <string.h>

/* The library of the version these headers are of, and the one whose interface is the same for what is used here. */
static const char *const names[] = {"libxml2.so.2", "libxml2.so.16"};

/* The compiler compares each pointer's type with the declaration in the library's header. */
static struct {
    __typeof__(&xmlInitParser) initialise;
    __typeof__(&xmlNewParserCtxt) new_parser;
    __typeof__(&xmlFreeParserCtxt) free_parser;
    __typeof__(&xmlCtxtReadMemory) read_memory;
    __typeof__(&xmlStopParser) stop;
    __typeof__(&xmlCtxtGetLastError) last_error;
} library;

#define RESOLVE(member, function) \
    library.member = (__typeof__(&(function)))dlsym(handle, #function); \
    if (!library.member) return 0

int clibxml2_load(void) {
    void *handle = 0;
    for (unsigned i = 0; !handle && i < sizeof names / sizeof *names; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle) return 0;
    RESOLVE(initialise, xmlInitParser);
    RESOLVE(new_parser, xmlNewParserCtxt);
    RESOLVE(free_parser, xmlFreeParserCtxt);
    RESOLVE(read_memory, xmlCtxtReadMemory);
    RESOLVE(stop, xmlStopParser);
    RESOLVE(last_error, xmlCtxtGetLastError);
    library.initialise();
    return 1;
}

struct parse {
    const struct clibxml2_handler *handler;
    void *context;
    xmlParserCtxtPtr parser;
    enum clibxml2_result result;
};

static void stop(struct parse *parse, enum clibxml2_result result) {
    parse->result = result;
    library.stop(parse->parser);
}

static int is_over(const struct parse *parse) { return parse->result != clibxml2_well_formed; }

static void take_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
    int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted_count,
    const xmlChar **attributes) {
    struct parse *parse = data;
    (void)defaulted_count; /* Only a document type has defaults. */
    if (is_over(parse)) return;
    if (!parse->handler->start(
            parse->context, name, prefix, uri, namespace_count, namespaces, attribute_count, attributes))
        stop(parse, clibxml2_stopped);
}

static void take_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    struct parse *parse = data;
    (void)name, (void)prefix, (void)uri;
    if (!is_over(parse) && !parse->handler->end(parse->context)) stop(parse, clibxml2_stopped);
}

static void take_text(void *data, const xmlChar *bytes, int count) {
    struct parse *parse = data;
    if (!is_over(parse) && !parse->handler->text(parse->context, bytes, count)) stop(parse, clibxml2_stopped);
}

static void take_document_type(void *data, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id) {
    struct parse *parse = data;
    (void)name, (void)public_id, (void)system_id;
    if (!is_over(parse)) stop(parse, clibxml2_document_type);
}

static void take_reference(void *data, const xmlChar *name) {
    struct parse *parse = data;
    (void)name;
    if (!is_over(parse)) stop(parse, clibxml2_document_type);
}

enum clibxml2_result clibxml2_parse(
    const char *bytes, int count, const struct clibxml2_handler *handler, void *context, int *line) {
    struct parse parse = {handler, context, library.new_parser(), clibxml2_well_formed};
    *line = 0;
    if (!parse.parser) return clibxml2_not_well_formed;
    /* No tree is built, and nothing is written to standard error. */
    xmlSAXHandler *sax = parse.parser->sax;
    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = take_start;
    sax->endElementNs = take_end;
    sax->characters = sax->cdataBlock = sax->ignorableWhitespace = take_text;
    sax->internalSubset = sax->externalSubset = take_document_type;
    sax->reference = take_reference;
    parse.parser->userData = &parse;
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC;
    library.read_memory(parse.parser, bytes, count, 0, 0, options);
    if (!is_over(&parse) && !parse.parser->wellFormed) parse.result = clibxml2_not_well_formed;
    if (parse.result == clibxml2_not_well_formed) {
        const xmlError *error = library.last_error(parse.parser);
        if (error) *line = error->line;
    }
    library.free_parser(parse.parser);
    return parse.result;
}
