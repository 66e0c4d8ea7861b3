#include "examples/kv/list.h"

#include <stdlib.h>

#define ROOM_LEAST 4

struct list *list_new(void)
{
    return calloc(1, sizeof(struct list));
}

void list_free(struct list *list)
{
    if (list == NULL) {
        return;
    }
    for (size_t i = 0; i < list->size; i++) {
        free(list_at(list, i));
    }
    free(list->items);
    free(list);
}

/* Gives the ring another room, which holds all items. */
static bool resize(struct list *list, size_t room)
{
    struct text **items = malloc(room * sizeof(struct text *));
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < list->size; i++) {
        items[i] = list_at(list, i);
    }
    free(list->items);
    list->items = items;
    list->head = 0;
    list->room = room;
    return true;
}

bool list_push(struct list *list, enum list_end end, struct text *item)
{
    if (list->size == list->room &&
        !resize(list, list->room > 0 ? list->room * 2 : ROOM_LEAST)) {
        return false;
    }
    if (end == LIST_LEFT) {
        list->head = (list->head - 1) & (list->room - 1);
    }
    size_t at = end == LIST_LEFT ? 0 : list->size;
    list->items[(list->head + at) & (list->room - 1)] = item;
    list->size++;
    return true;
}

struct text *list_peek(const struct list *list, enum list_end end)
{
    if (list->size == 0) {
        return NULL;
    }
    return list_at(list, end == LIST_LEFT ? 0 : list->size - 1);
}

struct text *list_pop(struct list *list, enum list_end end)
{
    struct text *item = list_peek(list, end);
    if (item == NULL) {
        return NULL;
    }
    list->head = (list->head + (end == LIST_LEFT)) & (list->room - 1);
    list->size--;
    if (list->room > ROOM_LEAST && list->size <= list->room / 4) {
        (void)resize(list, list->room / 2);
    }
    return item;
}

struct text *list_at(const struct list *list, size_t i)
{
    return list->items[(list->head + i) & (list->room - 1)];
}
