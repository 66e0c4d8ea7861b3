// At stake: the rounds of a select, seen from its cases: who is asked, armed
// and disarmed, in what order, and what is made of causes and errors.

#include <cerrno>
#include <cmath>
#include <map>
#include <string>
#include <vector>

extern "C" {
#include "src/sched/wake.h"
#include "src/task/source.h"
}

#include "tests/support/with_runtime.h"

namespace
{

// A case that does what the test says, and writes down what it was asked.
struct Probe {
    char name;
    std::string *log;
    bool is_ready = false;
    int arm_result = 0;
    int arms_before_ready = -1; // >= 0: ready after so many arms
    unsigned wake = 0;          // arm claims the wait: 1 generic, 2 by name
    bool was_named = false;
};

Probe *ProbeOf(rove_case *self)
{
    return static_cast<Probe *>(self->object);
}

bool ReadyProbe(rove_case *self)
{
    Probe *probe = ProbeOf(self);
    *probe->log += probe->name;
    return probe->is_ready || probe->arms_before_ready == 0;
}

int ArmProbe(rove_case *self, rv_ref ref, unsigned cause)
{
    Probe *probe = ProbeOf(self);
    *probe->log += '+';
    *probe->log += probe->name;
    if (probe->arms_before_ready > 0) {
        probe->arms_before_ready--;
    }
    if (probe->arm_result == 0 && probe->wake != 0) {
        EXPECT_TRUE(
            rv_wake(nullptr, ref,
                    probe->wake == 1 ? unsigned{RV_CAUSE_SOURCE} : cause));
    }
    return probe->arm_result;
}

void DisarmProbe(rove_case *self, bool named)
{
    Probe *probe = ProbeOf(self);
    *probe->log += '-';
    *probe->log += probe->name;
    probe->was_named = named;
}

const rove_case_ops kProbeOps = {ReadyProbe, ArmProbe, DisarmProbe};

class SelectTest : public ::testing::Test
{
  protected:
    Probe &Add(char name)
    {
        probes_.push_back(std::make_unique<Probe>());
        probes_.back()->name = name;
        probes_.back()->log = &log_;
        cases_.push_back(
            rv_case_make(&kProbeOps, probes_.back().get(), nullptr));
        return *probes_.back();
    }

    int Select(unsigned flags)
    {
        log_.clear();
        return rove_select(cases_.data(), cases_.size(), flags);
    }

    std::string log_;
    std::vector<rove_case> cases_;
    std::vector<std::unique_ptr<Probe>> probes_;
};

TEST_F(SelectTest, WhatIsReadyIsNotWaitedFor)
{
    Add('a');
    Add('b').is_ready = true;
    Add('c').is_ready = true;
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 1);
    EXPECT_EQ(log_, "ab");
    EXPECT_EQ(Select(ROVE_FIRST_LISTED | ROVE_TRY), 1);
}

TEST_F(SelectTest, TryAsksOnce)
{
    Add('a');
    Add('b');
    EXPECT_EQ(Select(ROVE_FIRST_LISTED | ROVE_TRY), -EAGAIN);
    EXPECT_EQ(log_, "ab");
}

TEST_F(SelectTest, CasesWithoutOpsAreNeverReady)
{
    Add('a');
    cases_.insert(cases_.begin(), rove_case{});
    EXPECT_EQ(Select(ROVE_FIRST_LISTED | ROVE_TRY), -EAGAIN);
    EXPECT_EQ(log_, "a");
    Add('b').is_ready = true;
    EXPECT_EQ(Select(0), 2);
}

TEST_F(SelectTest, AWaitNamedByItsCauseWasCarriedOut)
{
    Probe &first = Add('a');
    Probe &second = Add('b');
    second.wake = 2;
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 1);
    EXPECT_EQ(log_, "ab+a+b-a-b");
    EXPECT_TRUE(second.was_named);
    EXPECT_FALSE(first.was_named);
    second.wake = 0;
    first.wake = 2; // the first has a cause that is not the generic one
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 0);
    EXPECT_TRUE(first.was_named);
}

TEST_F(SelectTest, AGenericWakeAsksAgain)
{
    Probe &first = Add('a');
    Add('b');
    first.wake = 1;
    first.arms_before_ready = 2;
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 0);
    EXPECT_EQ(log_, "ab+a+b-a-bab+a+b-a-ba");
    EXPECT_FALSE(first.was_named);
}

TEST_F(SelectTest, WhatBecameReadyGivesTheWaitUp)
{
    Add('a');
    Probe &second = Add('b');
    Add('c');
    second.arm_result = RV_CASE_READY;
    second.arms_before_ready = 1;
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 1);
    EXPECT_EQ(log_, "abc+a+b-aab");
}

TEST_F(SelectTest, GivingUpOftenEndsAllTheSame)
{
    for (char name : std::string("abcdefgh")) {
        Add(name);
    }
    probes_[7]->arm_result = RV_CASE_READY;
    probes_[7]->arms_before_ready = 50;
    EXPECT_EQ(Select(0), 7);
}

TEST_F(SelectTest, AnErrorOfArmLeavesNothingArmed)
{
    Add('a');
    Add('b').arm_result = -ENOMEM;
    Add('c');
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), -ENOMEM);
    EXPECT_EQ(log_, "abc+a+b-a");
}

// Whoever claimed the wait before the error carried its case out.
TEST_F(SelectTest, ACaseCarriedOutWinsOverAnError)
{
    Probe &first = Add('a');
    first.wake = 2;
    Add('b').arm_result = -ENOMEM;
    EXPECT_EQ(Select(ROVE_FIRST_LISTED), 0);
    EXPECT_TRUE(first.was_named);
    EXPECT_EQ(log_, "ab+a+b-a");
}

TEST_F(SelectTest, NumbersAndFlagsOutOfRangeAreRefused)
{
    EXPECT_EQ(rove_select(nullptr, 0, 0), -EINVAL);
    std::vector<rove_case> many(8001);
    EXPECT_EQ(rove_select(many.data(), 8001, ROVE_TRY), -EINVAL);
    EXPECT_EQ(rove_select(many.data(), 1, 4), -EINVAL);
    EXPECT_EQ(rove_select(many.data(), 8000, ROVE_TRY), -EAGAIN);
}

// The last of 8000 is named by a cause that still fits.
TEST_F(SelectTest, TheLastOfTheMostCasesIsNamed)
{
    for (int i = 0; i < 8000; i++) {
        Add('a');
    }
    probes_.back()->wake = 2;
    EXPECT_EQ(Select(0), 7999);
    EXPECT_TRUE(probes_.back()->was_named);
}

// All 24 orders of four cases: each as often as the others, within five
// standard deviations, on a plain thread and on a worker.
TEST_F(SelectTest, EveryOrderIsAsLikely)
{
    for (char name : std::string("abcd")) {
        Add(name);
    }
    auto count_orders = [this] {
        constexpr int kRounds = 24000;
        std::map<std::string, int> seen;
        for (int i = 0; i < kRounds; i++) {
            EXPECT_EQ(Select(ROVE_TRY), -EAGAIN);
            seen[log_]++;
        }
        const double expected = kRounds / 24.0;
        const double bound = 5 * std::sqrt(expected);
        EXPECT_EQ(seen.size(), 24U);
        for (const auto &[order, times] : seen) {
            EXPECT_NEAR(times, expected, bound) << order;
        }
    };
    count_orders();
    rove_options options = OptionsFor({1, ROVE_SINGLE});
    options.seed = static_cast<uint64_t>(rove_now());
    printf("seed=%llu\n", static_cast<unsigned long long>(options.seed));
    Body body = [&] {
        count_orders();
        return 0;
    };
    EXPECT_EQ(rove_run(&options, CallBody, &body), 0);
}

} // namespace
