/* A line typed by hand, in words: they stand between spaces, and "…" and '…'
 * hold any bytes. As redis-cli and Redis have it.
 */
#ifndef EXAMPLES_KV_WORDS_H
#define EXAMPLES_KV_WORDS_H

#include "examples/kv/bytes.h"

/* Takes the next word from the line between *at and end, unquoted in its place,
 * and moves *at behind it. 1; 0: there is none left; -EPROTO: a quote does not
 * end, or not at the end of a word. */
int words_next(char **at, char *end, struct bytes *word);

#endif
