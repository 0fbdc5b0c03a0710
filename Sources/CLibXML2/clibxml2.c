#include "clibxml2.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/xmlreader.h>

const int clibxml2_options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;

const int clibxml2_element = XML_READER_TYPE_ELEMENT;
const int clibxml2_text = XML_READER_TYPE_TEXT;
const int clibxml2_cdata = XML_READER_TYPE_CDATA;
const int clibxml2_entity_reference = XML_READER_TYPE_ENTITY_REFERENCE;
const int clibxml2_document_type = XML_READER_TYPE_DOCUMENT_TYPE;
const int clibxml2_significant_whitespace = XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
const int clibxml2_end_element = XML_READER_TYPE_END_ELEMENT;

/* The library of the version these headers are of, and the one whose interface is the same for what is used here. */
static const char *const names[] = {"libxml2.so.2", "libxml2.so.16"};

/* The compiler compares each pointer's type with the declaration in the library's header. */
#define RESOLVE(member, function) \
    library.member = (__typeof__(&(function)))dlsym(handle, #function); \
    if (!library.member) return 0

const struct clibxml2 *clibxml2_load(void) {
    static struct clibxml2 library;
    void *handle = 0;
    for (unsigned i = 0; !handle && i < sizeof names / sizeof *names; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle) return 0;
    RESOLVE(initialise, xmlInitParser);
    RESOLVE(readerForMemory, xmlReaderForMemory);
    RESOLVE(freeReader, xmlFreeTextReader);
    RESOLVE(read, xmlTextReaderRead);
    RESOLVE(lineNumber, xmlTextReaderGetParserLineNumber);
    RESOLVE(nodeType, xmlTextReaderNodeType);
    RESOLVE(isEmptyElement, xmlTextReaderIsEmptyElement);
    RESOLVE(moveToNextAttribute, xmlTextReaderMoveToNextAttribute);
    RESOLVE(isNamespaceDeclaration, xmlTextReaderIsNamespaceDecl);
    RESOLVE(value, xmlTextReaderConstValue);
    RESOLVE(localName, xmlTextReaderConstLocalName);
    RESOLVE(namespaceURI, xmlTextReaderConstNamespaceUri);
    return &library;
}
