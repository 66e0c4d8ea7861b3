/* A list value: texts in a ring, so that both ends and every index are near.
 */
#ifndef EXAMPLES_KV_LIST_H
#define EXAMPLES_KV_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct text;

struct list {
    size_t head, size, room; /* room: a power of two, or 0 */
    struct text **items;
};

enum list_end { LIST_LEFT, LIST_RIGHT };

/* NULL: no memory. */
struct list *list_new(void);
/* NULL is ignored. */
void list_free(struct list *list);

/* The list owns the item then. False: no memory, and the caller does. */
bool list_push(struct list *list, enum list_end end, struct text *item);

/* The item that is the next one at that end, or NULL; the caller owns it when
 * it was popped. */
struct text *list_peek(const struct list *list, enum list_end end);
struct text *list_pop(struct list *list, enum list_end end);

/* i < size. */
struct text *list_at(const struct list *list, size_t i);

#endif
