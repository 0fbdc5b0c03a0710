#pragma once

/* libxml2's text reader, loaded when the first document is read: with what it needs itself it is larger than the rest of
   the program, and most commands read no document. */

struct _xmlTextReader;

struct clibxml2 {
    void (*_Nonnull initialise)(void);
    struct _xmlTextReader *_Nullable (*_Nonnull readerForMemory)(
        const char *_Nullable bytes, int count, const char *_Nullable url, const char *_Nullable encoding, int options);
    void (*_Nonnull freeReader)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull read)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull lineNumber)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull nodeType)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull isEmptyElement)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull moveToNextAttribute)(struct _xmlTextReader *_Nonnull);
    int (*_Nonnull isNamespaceDeclaration)(struct _xmlTextReader *_Nonnull);
    const unsigned char *_Nullable (*_Nonnull value)(struct _xmlTextReader *_Nonnull);
    const unsigned char *_Nullable (*_Nonnull localName)(struct _xmlTextReader *_Nonnull);
    const unsigned char *_Nullable (*_Nonnull namespaceURI)(struct _xmlTextReader *_Nonnull);
};

/* Loads the library: to be called once.
   Returns NULL when it is not installed or lacks one of the functions. */
const struct clibxml2 *_Nullable clibxml2_load(void);

/* xmlParserOption: no network, no messages on standard error. */
extern const int clibxml2_options;

/* xmlReaderTypes, as far as they are told apart. */
extern const int clibxml2_element;
extern const int clibxml2_text;
extern const int clibxml2_cdata;
extern const int clibxml2_entity_reference;
extern const int clibxml2_document_type;
extern const int clibxml2_significant_whitespace;
extern const int clibxml2_end_element;
