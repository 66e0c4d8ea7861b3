#include "src/sched/places.h"

#include <string.h>

#include "src/base/bits.h"

void rv_places_init(rv_places *places, const rv_topology *topology)
{
    memset(places, 0, sizeof *places);
    if (topology != NULL) {
        places->topology = *topology;
    } else {
        places->topology.groups = 1;
    }
}

void rv_places_note_slow(rv_places *places, unsigned worker)
{
    unsigned group = rv_places_here(places);
    if (group != rv_places_of(places, worker)) {
        rv_u32_store_relaxed(&places->group_of[worker], group); /* hint */
    }
}

uint64_t rv_places_near(const rv_places *places, unsigned group, unsigned first,
                        uint64_t word)
{
    uint64_t near = 0;
    while (word != 0) {
        unsigned bit = rv_bits_ctz64(word);
        if (rv_places_of(places, first + bit) == group) {
            near |= UINT64_C(1) << bit;
        }
        word &= word - 1;
    }
    return near;
}
