#include "examples/proxy/text.h"

#include <string.h>
#include <strings.h>

void text_extend(struct text *text, const char *at, size_t size)
{
    text->at = text->size == 0 ? at : text->at;
    text->size += size;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct text text_trimmed(struct text text)
{
    while (text.size > 0 && is_blank(text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.at[text.size - 1])) {
        text.size--;
    }
    return text;
}

static bool is_same(struct text one, struct text other)
{
    return one.size == other.size &&
           strncasecmp(one.at, other.at, one.size) == 0;
}

bool text_is(struct text text, const char *word)
{
    return is_same(text, (struct text){word, strlen(word)});
}

bool text_lists(struct text list, struct text member)
{
    while (list.size > 0) {
        const char *comma = memchr(list.at, ',', list.size);
        size_t size = comma != NULL ? (size_t)(comma - list.at) : list.size;
        if (is_same(text_trimmed((struct text){list.at, size}), member)) {
            return true;
        }
        size += comma != NULL;
        list.at += size;
        list.size -= size;
    }
    return false;
}
