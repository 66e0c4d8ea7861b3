// A directory of a test's own, gone with all that is in it at the end.
#ifndef TESTS_SUPPORT_TEMP_DIR_H
#define TESTS_SUPPORT_TEMP_DIR_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"

class TempDir
{
  public:
    TempDir()
    {
        std::string name = ::testing::TempDir() + "/rove.XXXXXX";
        std::vector<char> space(name.begin(), name.end());
        space.push_back('\0');
        EXPECT_NE(mkdtemp(space.data()), nullptr);
        path_ = space.data();
    }

    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    ~TempDir()
    {
        std::filesystem::remove_all(path_);
    }

    std::string operator/(const std::string &name) const
    {
        return path_ + "/" + name;
    }

    const std::string &path() const
    {
        return path_;
    }

    // How many files there are.
    size_t Count() const
    {
        return static_cast<size_t>(
            std::distance(std::filesystem::directory_iterator(path_), {}));
    }

  private:
    std::string path_;
};

inline std::string Contents(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void Store(const std::string &path, const std::string &text)
{
    std::ofstream(path, std::ios::binary) << text;
}

#endif
