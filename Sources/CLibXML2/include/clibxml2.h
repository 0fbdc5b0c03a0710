#pragma once

/* libxml2's parser, loaded when the first document is read: with what it needs itself it is larger than the rest of
   the program, and most commands read no document. */

/* What is told of a document while it is parsed. Names and namespaces are the parser's own copies: the same text has the
   same address until the document ends, other text is there only during the call. Each returns whether to go on. */
struct clibxml2_handler {
    /* A start tag. `prefix` counts only where `uri` is NULL: it is declared nowhere.
       Of a namespace declaration there are a prefix (NULL for the default) and a URI; of an attribute a name, a prefix, a
       URI, and where its value begins and ends. */
    int (*_Nonnull start)(void *_Nonnull context, const unsigned char *_Nonnull name,
        const unsigned char *_Nullable prefix, const unsigned char *_Nullable uri, int namespace_count,
        const unsigned char *_Nullable *_Nullable namespaces, int attribute_count,
        const unsigned char *_Nullable *_Nullable attributes);
    int (*_Nonnull end)(void *_Nonnull context);
    /* A piece of text, without an end mark. */
    int (*_Nonnull text)(void *_Nonnull context, const unsigned char *_Nonnull bytes, int count);
};

enum clibxml2_result {
    clibxml2_well_formed,
    clibxml2_not_well_formed,
    /* A document type, or a reference to an entity: no more of it was read. */
    clibxml2_document_type,
    /* The handler did not want to go on. */
    clibxml2_stopped,
};

/* Loads the library: to be called once.
   Returns whether it is installed and has every function. */
int clibxml2_load(void);

/* Parses a document in UTF-8, whatever it says of its encoding, without network or document type.
   An error leaves its line in `line`. */
enum clibxml2_result clibxml2_parse(
    const char *_Nonnull bytes, int count, const struct clibxml2_handler *_Nonnull handler, void *_Nonnull context,
    int *_Nonnull line);
