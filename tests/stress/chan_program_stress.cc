// At stake: programs that live on channels: a sieve of primes, streams of power
// series that feed themselves, and selects that meet themselves and each other.
// Each checks its own result, and ends only if no hand-over is lost.

#include <cerrno>
#include <memory>
#include <set>
#include <vector>

#include "rove/channel.h"
#include "rove/select.h"

#include "tests/stress/seed.h"
#include "tests/support/with_runtime.h"

namespace
{

class ChanProgram : public WithRuntime
{
};

INSTANTIATE_TEST_SUITE_P(Designs, ChanProgram, ::testing::ValuesIn(kDesigns),
                         NameOf);

// One end of a channel, shared by all copies. When the last copy of either end
// goes the channel is closed: the other end notices, and so a whole network
// ends from where its reader stops.
class End
{
  public:
    explicit End(rove_chan *chan)
        : chan_(chan, [](rove_chan *last) {
              rove_chan_close(last);
              rove_chan_unref(last);
          })
    {
    }

    rove_chan *get() const
    {
        return chan_.get();
    }

  private:
    std::shared_ptr<rove_chan> chan_;
};

struct Ends {
    explicit Ends(size_t item_size, size_t capacity = 0)
        : in(rove_chan_new(item_size, capacity, nullptr)),
          out(rove_chan_ref(in.get()))
    {
    }

    End in;
    End out;
};

// Whoever is refused because the runtime is ending lets go of its ends, so that
// the network ends all the same.
void Go(Body body)
{
    rove_task *task = Spawn(std::move(body));
    if (task == nullptr) {
        EXPECT_EQ(rove_join(nullptr), -ESHUTDOWN);
    } else {
        rove_detach(task);
    }
}

End Filter(End from, int64_t prime)
{
    Ends ends(sizeof(int64_t));
    Go([from, to = ends.in, prime] {
        int64_t n = 0;
        while (rove_chan_recv(from.get(), &n) == 0) {
            if (n % prime != 0 && rove_chan_send(to.get(), &n) != 0) {
                break;
            }
        }
        return 0;
    });
    return ends.out;
}

TEST_P(ChanProgram, TheSieveFindsThePrimes)
{
    constexpr int kPrimes = kUnderSanitizer ? 30 : 100;
    InTask([] {
        Ends ends(sizeof(int64_t));
        Go([to = ends.in] {
            for (int64_t n = 2; rove_chan_send(to.get(), &n) == 0; n++) {
            }
            return 0;
        });
        End from = ends.out;
        int64_t last = 1;
        for (int i = 0; i < kPrimes; i++) {
            int64_t prime = 0;
            EXPECT_EQ(rove_chan_recv(from.get(), &prime), 0);
            EXPECT_GT(prime, last);
            last = prime;
            from = Filter(from, prime);
        }
        EXPECT_EQ(last, kUnderSanitizer ? 113 : 541);
    });
}

// A coefficient, modulo a prime: a series that feeds itself runs ahead of its
// reader as far as it likes, and no fraction of plain numbers would hold it.
struct Term {
    int64_t value;
};

constexpr int64_t kPrime = 2147483647;

Term operator+(Term a, Term b)
{
    return {(a.value + b.value) % kPrime};
}

Term operator*(Term a, Term b)
{
    return {a.value * b.value % kPrime};
}

Term Inverse(Term a) // Fermat: a to the power of kPrime - 2
{
    Term result = {1};
    for (int64_t power = kPrime - 2; power != 0; power /= 2) {
        if (power % 2 != 0) {
            result = result * a;
        }
        a = a * a;
    }
    return result;
}

bool Get(const End &from, Term *term)
{
    return rove_chan_recv(from.get(), term) == 0;
}

bool Put(const End &to, Term term)
{
    return rove_chan_send(to.get(), &term) == 0;
}

// Two copies of a series; either may be read ahead of the other.
std::pair<End, End> Split(End from)
{
    Ends one(sizeof(Term), ROVE_UNBOUNDED);
    Ends two(sizeof(Term), ROVE_UNBOUNDED);
    Go([from, a = one.in, b = two.in] {
        Term term = {};
        while (Get(from, &term)) {
            bool any = Put(a, term);
            if (!Put(b, term) && !any) {
                break;
            }
        }
        return 0;
    });
    return {one.out, two.out};
}

void Copy(const End &from, const End &to)
{
    Term term = {};
    while (Get(from, &term) && Put(to, term)) {
    }
}

End Scale(End from, Term by)
{
    Ends ends(sizeof(Term));
    Go([from, by, to = ends.in] {
        Term term = {};
        while (Get(from, &term) && Put(to, by * term)) {
        }
        return 0;
    });
    return ends.out;
}

End Add(End a, End b)
{
    Ends ends(sizeof(Term));
    Go([a, b, to = ends.in] {
        Term x = {};
        Term y = {};
        while (Get(a, &x) && Get(b, &y) && Put(to, x + y)) {
        }
        return 0;
    });
    return ends.out;
}

// (a + xA)(b + xB) = ab + x(aB + bA) + x * xAB
End Multiply(End f, End g)
{
    Ends ends(sizeof(Term));
    Go([f, g, to = ends.in] {
        Term a = {};
        Term b = {};
        if (!Get(f, &a) || !Get(g, &b) || !Put(to, a * b)) {
            return 0;
        }
        auto fs = Split(f);
        auto gs = Split(g);
        End middle = Add(Scale(gs.first, a), Scale(fs.first, b));
        Term term = {};
        if (!Get(middle, &term) || !Put(to, term)) {
            return 0;
        }
        Copy(Add(middle, Multiply(fs.second, gs.second)), to);
        return 0;
    });
    return ends.out;
}

// constant + the integral of a series, into `to`.
void Integrate(End from, Term constant, End to)
{
    Go([=] {
        Term term = {};
        bool more = Put(to, constant);
        for (int64_t n = 1; more && Get(from, &term); n++) {
            more = Put(to, term * Inverse({n % kPrime}));
        }
        return 0;
    });
}

TEST_P(ChanProgram, TheSquareOfTheExponentialIsThatOfTwice)
{
    InTask([] {
        Ends ends(sizeof(Term));
        auto exps = Split(ends.out);
        Integrate(exps.first, {1}, ends.in);
        auto twice = Split(exps.second);
        End square = Multiply(twice.first, twice.second);
        Term expected = {1};
        for (int64_t n = 1; n < 10; n++) {
            Term term = {};
            EXPECT_TRUE(Get(square, &term));
            EXPECT_EQ(term.value, expected.value);
            expected = expected * Term{2} * Inverse({n});
        }
        // The series feeds itself, so nobody else ends it.
        rove_chan_close(ends.in.get());
    });
}

TEST_P(ChanProgram, SineAndCosineSquaredAreOne)
{
    InTask([] {
        Ends sine(sizeof(Term));
        Ends cosine(sizeof(Term));
        auto sines = Split(sine.out);
        auto cosines = Split(cosine.out);
        Integrate(cosines.first, {0}, sine.in);
        Integrate(Scale(sines.first, {kPrime - 1}), {1}, cosine.in);
        auto s = Split(sines.second);
        auto c = Split(cosines.second);
        End one = Add(Multiply(s.first, s.second), Multiply(c.first, c.second));
        for (int n = 0; n < 9; n++) {
            Term term = {};
            EXPECT_TRUE(Get(one, &term));
            EXPECT_EQ(term.value, n == 0 ? 1 : 0) << n;
        }
        rove_chan_close(sine.in.get());
        rove_chan_close(cosine.in.get());
    });
}

// One sender offers each number on several channels at once: it must arrive on
// one only.
TEST_P(ChanProgram, ANumberOfferedTwiceArrivesOnce)
{
    constexpr uint64_t kNumbers = kUnderSanitizer ? 3000 : 30000;
    constexpr int kWays = 4;
    InTask([] {
        std::vector<rove_chan *> ways;
        for (int i = 0; i < kWays; i++) {
            ways.push_back(rove_chan_new(8, 0, nullptr));
        }
        rove_chan *all = rove_chan_new(8, 0, nullptr);
        std::vector<rove_task *> forwarders;
        for (rove_chan *way : ways) {
            forwarders.push_back(Spawn([way, all] {
                uint64_t n = 0;
                while (rove_chan_recv(way, &n) == 0) {
                    EXPECT_EQ(rove_chan_send(all, &n), 0);
                }
                return 0;
            }));
        }
        rove_task *sender = Spawn([&ways] {
            for (uint64_t n = 0; n < kNumbers; n++) {
                std::vector<rove_case> cases;
                for (rove_chan *way : ways) {
                    cases.push_back(rove_on_send(way, &n));
                }
                int which = rove_select(cases.data(), cases.size(), 0);
                EXPECT_GE(which, 0);
                EXPECT_EQ(cases[static_cast<size_t>(which)].result, 0);
            }
            for (rove_chan *way : ways) {
                rove_chan_close(way);
            }
            return 0;
        });
        std::vector<bool> seen(kNumbers, false);
        for (uint64_t i = 0; i < kNumbers; i++) {
            uint64_t n = 0;
            EXPECT_EQ(rove_chan_recv(all, &n), 0);
            EXPECT_FALSE(seen.at(n));
            seen.at(n) = true;
        }
        EXPECT_EQ(rove_join(sender), 0);
        for (rove_task *forwarder : forwarders) {
            EXPECT_EQ(rove_join(forwarder), 0);
        }
        EXPECT_EQ(rove_chan_count(all), 0U);
        for (rove_chan *way : ways) {
            rove_chan_unref(way);
        }
        rove_chan_unref(all);
    });
}

// Every task offers its own number and takes others', many times in one select:
// it never meets itself, and as many are taken as are given.
TEST_P(ChanProgram, NobodyReceivesFromItself)
{
    constexpr int kRounds = kUnderSanitizer ? 300 : 3000;
    constexpr uint64_t kTasks = 4;
    for (size_t capacity : {0, 10}) {
        rove_chan *chan = rove_chan_new(8, capacity, nullptr);
        InTask([chan, capacity] {
            std::atomic<uint64_t> left{kTasks};
            std::vector<rove_task *> tasks;
            for (uint64_t self = 0; self < kTasks; self++) {
                tasks.push_back(Spawn([=, &left] {
                    int64_t balance = 0;
                    for (int i = 0; i < kRounds; i++) {
                        uint64_t got[3] = {99, 99, 99};
                        rove_case cases[] = {
                            rove_on_send(chan, &self),
                            rove_on_recv(chan, &got[0]),
                            rove_on_send(chan, &self),
                            rove_on_recv(chan, &got[1]),
                            rove_on_recv(chan, &got[2]),
                        };
                        int which = rove_select(cases, 5, 0);
                        EXPECT_GE(which, 0);
                        if (which < 0 || cases[which].result == -EPIPE) {
                            break;
                        }
                        balance += which % 2 == 0 && which < 4 ? 1 : -1;
                        if (capacity == 0) {
                            EXPECT_NE(got[0], self);
                            EXPECT_NE(got[1], self);
                            EXPECT_NE(got[2], self);
                        }
                    }
                    if (--left <= 1) { // the last one would wait for ever
                        rove_chan_close(chan);
                    }
                    return balance;
                }));
            }
            int64_t balance = 0;
            for (rove_task *task : tasks) {
                balance += rove_join(task);
            }
            EXPECT_EQ(balance, static_cast<int64_t>(rove_chan_count(chan)));
        });
        rove_chan_unref(chan);
    }
}

// Tasks that send, receive and select on channels that are closed one after the
// other: all of them end, and what was sent was received or is still there.
TEST_P(ChanProgram, AStormOfCloses)
{
    constexpr int kChannels = 8;
    constexpr int kStorms = kUnderSanitizer ? 5 : 40;
    InTask([] {
        for (int storm = 0; storm < kStorms; storm++) {
            std::vector<rove_chan *> chans;
            for (size_t i = 0; i < kChannels; i++) {
                chans.push_back(rove_chan_new(8, i % 4, nullptr));
            }
            std::atomic<int64_t> sum{0};
            std::vector<rove_task *> tasks;
            for (uint32_t stream = 0; stream < 16; stream++) {
                tasks.push_back(Spawn([&chans, &sum, stream] {
                    Random random(stream);
                    for (std::set<rove_chan *> open(chans.begin(), chans.end());
                         !open.empty();) {
                        uint64_t sent = random.Below(1000);
                        uint64_t got[kChannels];
                        std::vector<rove_case> cases;
                        for (rove_chan *chan : open) {
                            cases.push_back(
                                stream % 2 == 0
                                    ? rove_on_send(chan, &sent)
                                    : rove_on_recv(chan, &got[cases.size()]));
                        }
                        int which = rove_select(cases.data(), cases.size(), 0);
                        EXPECT_GE(which, 0);
                        size_t at = static_cast<size_t>(which);
                        if (cases[at].result == -EPIPE) {
                            open.erase(std::next(open.begin(), which));
                        } else if (stream % 2 == 0) {
                            sum += static_cast<int64_t>(sent);
                        } else {
                            sum -= static_cast<int64_t>(got[at]);
                        }
                    }
                    return 0;
                }));
            }
            Random random(99);
            for (rove_chan *chan : chans) {
                random.Spin(2000);
                (void)rove_yield();
                rove_chan_close(chan);
            }
            for (rove_task *task : tasks) {
                EXPECT_EQ(rove_join(task), 0);
            }
            EXPECT_EQ(sum, 0);
            for (rove_chan *chan : chans) {
                EXPECT_EQ(rove_chan_count(chan), 0U);
                rove_chan_unref(chan);
            }
        }
    });
}

} // namespace
