/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list: an intrusive list with two ends. A struct list is a head or, embedded in a struct, a place in one list; what
 * holds a place is reached with container_of() (base/container.h). All work is O(1). Nothing is allocated or owned.
 *
 * A zeroed place is in no list: list_in() says so, and list_del() of it does nothing.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/container.h"

struct list {
    struct list *next, *prev;
};

/* An empty head; to be called before any other use of it. */
static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

/* The place is in a list. */
static inline bool list_in(const struct list *place)
{
    return place->next != NULL;
}

/* Puts a place that is in no list before `at`: last, where `at` is the head. */
static inline void list_add(struct list *at, struct list *place)
{
    place->next = at;
    place->prev = at->prev;
    at->prev->next = place;
    at->prev = place;
}

/* Puts a place that is in no list behind `at`: first, where `at` is the head. */
static inline void list_push(struct list *at, struct list *place)
{
    list_add(at->next, place);
}

/* Takes a place out of the list it is in, if it is in one. */
static inline void list_del(struct list *place)
{
    if (!list_in(place))
        return;
    place->next->prev = place->prev;
    place->prev->next = place->next;
    place->next = place->prev = NULL;
}

/* All of `from` moves to `to`, whatever that was before: a head that need not be initialised. */
static inline void list_move(struct list *to, struct list *from)
{
    list_init(to);
    if (list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    list_init(from);
}

/* The first and the last of a list, as the struct that holds the place; NULL when it is empty. */
#define list_first(head, type, member) (list_empty(head) ? NULL : container_of((head)->next, type, member))
#define list_last(head, type, member) (list_empty(head) ? NULL : container_of((head)->prev, type, member))

/* The one behind `item`; NULL behind the last. */
#define list_next(head, item, type, member) \
    ((item)->member.next == (head) ? NULL : container_of((item)->member.next, type, member))

/* Each in turn; `item` may be taken out and freed meanwhile, its neighbours may not. `item` is a declared pointer,
 * `ahead` a struct list * that is for this alone. */
#define list_each(item, ahead, head, type, member)                                                   \
    for ((ahead) = (head)->next; (ahead) != (head) && ((item) = container_of((ahead), type, member), \
                                                      (ahead) = (ahead)->next, true);)

#endif
