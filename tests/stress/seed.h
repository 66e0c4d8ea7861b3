// Random numbers of a stress test: the seed is printed, and ROVE_TEST_SEED in
// the environment repeats a run as far as threads allow.
#ifndef TESTS_STRESS_SEED_H
#define TESTS_STRESS_SEED_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

inline uint32_t Seed()
{
    static const uint32_t seed = [] {
        const char *given = getenv("ROVE_TEST_SEED");
        uint32_t chosen =
            given != nullptr
                ? static_cast<uint32_t>(strtoul(given, nullptr, 10))
                : std::random_device{}();
        printf("ROVE_TEST_SEED=%u\n", chosen);
        return chosen;
    }();
    return seed;
}

// Spins for about a microsecond for each 100.
inline void Spin(uint32_t pauses)
{
    while (pauses-- > 0) {
        __asm__ volatile("pause");
    }
}

// One stream for each user, all from the one seed.
class Random
{
  public:
    explicit Random(uint32_t stream) : engine_(Seed() + stream * 2654435761U)
    {
    }

    uint32_t Below(uint32_t n)
    {
        return engine_() % n;
    }

    // Spins for a random while, at most so many pauses.
    void Spin(uint32_t most)
    {
        ::Spin(Below(most + 1));
    }

  private:
    std::minstd_rand engine_;
};

#endif
