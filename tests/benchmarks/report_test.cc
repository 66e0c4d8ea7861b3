/* What the driver reads from its children and makes of it. The reports are
 * parsed by a real parser in compare_smoke_test.sh. */
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "benchmarks/compare/driver/figures.h"
#include "benchmarks/compare/driver/json.h"
#include "benchmarks/compare/driver/report_json.h"
#include "benchmarks/compare/driver/table.h"
}

namespace
{

std::string WrittenBy(void (*write)(FILE *, void *), void *arg)
{
    char *text = nullptr;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    write(file, arg);
    fclose(file);
    std::string result(text, size);
    free(text);
    return result;
}

TEST(JsonTest, NumbersAreFoundByTheirWholeKey)
{
    const char *text = "{\"p99_us\": 1.5, \"us\": 2, \"note\": \"x\"}";
    double value = 0;
    EXPECT_TRUE(json_find_number(text, "us", &value));
    EXPECT_EQ(value, 2);
    EXPECT_TRUE(json_find_number(text, "p99_us", &value));
    EXPECT_EQ(value, 1.5);
    EXPECT_FALSE(json_find_number(text, "p99", &value));
    EXPECT_FALSE(json_find_number(text, "note", &value));
    EXPECT_EQ(value, 0);
}

TEST(JsonTest, HistogramsAreAdded)
{
    auto h = std::make_unique<histogram>();
    EXPECT_TRUE(
        json_find_histogram("{\"h\": [[10, 2], [20, 3]]}", "h", h.get()));
    EXPECT_TRUE(json_find_histogram("{\"h\": []}", "h", h.get()));
    EXPECT_EQ(h->total, 5u);
    EXPECT_EQ(histogram_quantile(h.get(), 0.5), 20);
    for (const char *bad : {"{}", "{\"h\": 3}", "{\"h\": [[1, 2]",
                            "{\"h\": [[1", "{\"h\": [[1 2]]}"}) {
        EXPECT_FALSE(json_find_histogram(bad, "h", h.get())) << bad;
    }
}

TEST(JsonTest, StringsAreEscaped)
{
    char text[] = "a\"b\\c\n\x01";
    EXPECT_EQ(WrittenBy(
                  [](FILE *out, void *arg) {
                      json_write_string(out, static_cast<char *>(arg));
                  },
                  text),
              "\"a\\\"b\\\\c\\u000a\\u0001\"");
}

TEST(FiguresTest, MedianIsTheMiddleOrTheMeanOfTwo)
{
    const double values[] = {9, 1, 5, 7};
    EXPECT_EQ(figures_median(values, 0), 0);
    EXPECT_EQ(figures_median(values, 1), 9);
    EXPECT_EQ(figures_median(values, 3), 5);
    EXPECT_EQ(figures_median(values, 4), 6);
}

class CampaignTest : public testing::Test
{
  protected:
    CampaignTest() : cells_(1)
    {
        options_.service = "echo";
        options_.workers = 2;
        options_.connections = 64;
        options_.rounds = 3;
        options_.duration = 0.5;
        cells_[0].design = DESIGN_STEALING;
        cells_[0].shape = SHAPE_MIXED;
        cells_[0].rounds = 3;
        const double rates[] = {100, 300, 200};
        for (int i = 0; i < 3; i++) {
            cells_[0].requests_per_second[i] = rates[i];
            cells_[0].p99_us[i] = rates[i] / 10;
        }
        cells_[0].errors = 2;
        campaign_.options = &options_;
        campaign_.rate = 5000;
        campaign_.count = 1;
        campaign_.cells = cells_.data();
    }

    std::string Table()
    {
        return WrittenBy(
            [](FILE *out, void *arg) {
                table_write(out, static_cast<campaign *>(arg));
            },
            &campaign_);
    }

    std::string Json()
    {
        return WrittenBy(
            [](FILE *out, void *arg) {
                static machine here = {};
                here.build = "release";
                here.compiler = "a \"compiler\"";
                report_json_write(out, static_cast<campaign *>(arg), &here);
            },
            &campaign_);
    }

    driver_options options_ = {};
    std::vector<cell> cells_;
    campaign campaign_ = {};
};

TEST_F(CampaignTest, FiguresAreMediansAndSumsOverTheRounds)
{
    figures f = {};
    figures_compute(&cells_[0], &f);
    EXPECT_EQ(f.requests_per_second, 200);
    EXPECT_EQ(f.requests_low, 100);
    EXPECT_EQ(f.requests_high, 300);
    EXPECT_EQ(f.p99_us, 20);
    EXPECT_EQ(campaign_errors(&campaign_), 2);
}

TEST_F(CampaignTest, HighQuantilesNeedTheirSamples)
{
    figures f = {};
    histogram_add_bucket(&cells_[0].plain, 100, FIGURES_P999_SAMPLES);
    figures_compute(&cells_[0], &f);
    EXPECT_LT(f.p999_us, 0);
    EXPECT_LT(f.computing_p99_us, 0);
    EXPECT_EQ(Json().find("p999_us"), std::string::npos);
    histogram_add(&cells_[0].plain, 100);
    histogram_add(&cells_[0].computing, 5000);
    figures_compute(&cells_[0], &f);
    EXPECT_NEAR(f.p999_us, 0.1, 1e-9);
    EXPECT_NEAR(f.computing_p99_us, 5, 0.02);
    EXPECT_NE(Json().find("\"p999_us\": 0.1"), std::string::npos);
}

TEST_F(CampaignTest, JsonNamesDesignShapeAndService)
{
    std::string json = Json();
    EXPECT_NE(json.find("\"name\": \"stealing/mixed/echo\""),
              std::string::npos);
    EXPECT_NE(json.find("\"requests_per_second\": 200"), std::string::npos);
    EXPECT_NE(json.find("\"errors\": 2"), std::string::npos);
    EXPECT_NE(json.find("a \\\"compiler\\\""), std::string::npos);
}

TEST_F(CampaignTest, TableHasARowForEachCell)
{
    EXPECT_NE(Table().find("\nstealing  mixed           200"),
              std::string::npos)
        << Table();
    EXPECT_EQ(Table().find("another loop"), std::string::npos);
    cells_[0].misplaced = 3;
    EXPECT_NE(Table().find("3 connections ended on another loop"),
              std::string::npos);
}

} // namespace
