// TLS by OpenSSL: what it has to keep are bytes in their order, whatever the
// tasks, the sockets and the cancellations do, and OpenSSL's error queue, which
// is the thread's. Shown between two tasks, and with Debian's openssl as the
// other end, over Unix sockets and a certificate made here.
#include <cstdio>
#include <memory>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/tasks.h"

#include "adapters/openssl/rove_tls.h"

namespace
{

constexpr char kOpenssl[] = "/usr/bin/openssl";
constexpr char kHost[] = "server.test";

// A key, and a certificate for kHost that it signs itself.
struct Identity {
    Identity()
    {
        key = EVP_EC_gen("P-256");
        certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_NAME *name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC,
            reinterpret_cast<const unsigned char *>(kHost), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_set_pubkey(certificate, key);
        X509_EXTENSION *names =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                "DNS:server.test,IP:127.0.0.1");
        X509_add_ext(certificate, names, -1);
        X509_EXTENSION_free(names);
        EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
    }

    Identity(const Identity &) = delete;
    Identity &operator=(const Identity &) = delete;

    ~Identity()
    {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }

    void Save(const std::string &path) const
    {
        FILE *file = fopen(path.c_str(), "we");
        ASSERT_NE(file, nullptr);
        EXPECT_EQ(PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr,
                                       nullptr),
                  1);
        EXPECT_EQ(PEM_write_X509(file, certificate), 1);
        fclose(file);
    }

    EVP_PKEY *key;
    X509 *certificate;
};

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

class TlsTest : public ::testing::Test
{
  protected:
    TlsTest()
        : server_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
          client_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free)
    {
        SSL_CTX_use_certificate(server_.get(), identity_.certificate);
        SSL_CTX_use_PrivateKey(server_.get(), identity_.key);
        SSL_CTX_set_min_proto_version(server_.get(), TLS1_3_VERSION);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(client_.get()),
                            identity_.certificate);
    }

    Identity identity_;
    Context server_;
    Context client_;
};

// One end of a connection.
class End
{
  public:
    End(const Context &context, int fd) : fd_(fd)
    {
        EXPECT_GE(fd, 0);
        EXPECT_EQ(rove_tls_new(context.get(), fd, &tls_), 0);
    }

    End(const End &) = delete;
    End &operator=(const End &) = delete;

    ~End()
    {
        rove_tls_free(tls_);
        Close();
    }

    void Close()
    {
        if (fd_ >= 0) {
            EXPECT_EQ(rove_close(fd_), 0);
            fd_ = -1;
        }
    }

    rove_tls *get() const
    {
        return tls_;
    }

  private:
    rove_tls *tls_ = nullptr;
    int fd_;
};

// Two ends with their hands shaken.
struct Pair {
    Pair(const Context &server_context, const Context &client_context)
    {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        server = std::make_unique<End>(server_context, fds[0]);
        client = std::make_unique<End>(client_context, fds[1]);
        Task other([&] { EXPECT_EQ(rove_tls_accept(server->get()), 0); });
        EXPECT_EQ(rove_tls_connect(client->get(), kHost), 0);
    }

    std::unique_ptr<End> server;
    std::unique_ptr<End> client;
};

std::vector<unsigned char> Pattern(size_t size, unsigned seed)
{
    std::vector<unsigned char> bytes(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = static_cast<unsigned char>((i + seed) * 2654435761u >> 13);
    }
    return bytes;
}

std::vector<unsigned char> ReadToEnd(rove_tls *tls, ssize_t *last)
{
    std::vector<unsigned char> bytes;
    unsigned char part[5000];
    while ((*last = rove_tls_read(tls, part, sizeof part)) > 0) {
        bytes.insert(bytes.end(), part, part + *last);
    }
    return bytes;
}

TEST_F(TlsTest, BothWaysAtOnceEveryByteArrivesInOrder)
{
    RunTasks(4, [&] {
        Pair pair(server_, client_);
        EXPECT_STREQ(SSL_get_version(rove_tls_ssl(pair.client->get())),
                     "TLSv1.3");
        std::vector<unsigned char> sent[] = {Pattern(1 << 20, 1),
                                             Pattern(1 << 20, 2)};
        rove_tls *ends[] = {pair.server->get(), pair.client->get()};
        auto write = [&](int i) {
            auto size = static_cast<ssize_t>(sent[i].size());
            EXPECT_EQ(rove_tls_write(ends[i], sent[i].data(), sent[i].size()),
                      size);
            EXPECT_EQ(rove_tls_shutdown(ends[i]), 0);
            EXPECT_EQ(rove_tls_write(ends[i], "x", 1), -EPIPE);
        };
        auto read = [&](int i) {
            ssize_t last;
            EXPECT_TRUE(ReadToEnd(ends[i], &last) == sent[1 - i]);
            EXPECT_EQ(last, 0);
        };
        Task first_writer([&] { write(0); });
        Task second_writer([&] { write(1); });
        Task first_reader([&] { read(0); });
        Task second_reader([&] { read(1); });
    });
}

// Many handshakes, so that tasks move between the calls of one: an error left
// in a thread's queue, or looked for on another thread, fails some other one.
TEST_F(TlsTest, ConnectionsThatFailLeaveTheOthersAlone)
{
    RunTasks(4, [&] {
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 40; i++) {
            tasks.push_back(std::make_unique<Task>([&, i] {
                int fds[2];
                EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
                End server(server_, fds[0]);
                End client(client_, fds[1]);
                bool is_wrong = i % 2 == 1;
                int error = is_wrong ? -EPROTO : 0;
                Task other([&] {
                    EXPECT_EQ(rove_tls_accept(server.get()), error);
                    char byte;
                    EXPECT_EQ(rove_tls_read(server.get(), &byte, 1),
                              is_wrong ? -EPROTO : 1);
                });
                EXPECT_EQ(rove_tls_connect(client.get(),
                                           is_wrong ? "other.test" : kHost),
                          error);
                EXPECT_EQ(rove_tls_failure(client.get()) != 0, is_wrong);
                EXPECT_EQ(SSL_get_verify_result(rove_tls_ssl(client.get())),
                          is_wrong ? X509_V_ERR_HOSTNAME_MISMATCH : X509_V_OK);
                EXPECT_EQ(rove_tls_write(client.get(), "x", 1),
                          is_wrong ? -EPROTO : 1);
            }));
        }
    });
}

TEST_F(TlsTest, CertificateMustComeFromAnAuthorityAndMayNameAnAddress)
{
    RunTasks(2, [&] {
        Context stranger(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
        for (bool knows : {false, true}) {
            int fds[2];
            EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
            End server(server_, fds[0]);
            End client(knows ? client_ : stranger, fds[1]);
            int error = knows ? 0 : -EPROTO;
            Task other(
                [&] { EXPECT_EQ(rove_tls_accept(server.get()), error); });
            EXPECT_EQ(rove_tls_connect(client.get(), "127.0.0.1"), error);
        }
    });
}

// The reader comes only when the writer has been cut off in the middle of a
// record; bytes that were taken arrive, and the next write follows them.
TEST_F(TlsTest, WriteThatIsCutShortTellsHowManyBytesArrive)
{
    RunTasks(2, [&] {
        Pair pair(server_, client_);
        std::vector<unsigned char> bytes = Pattern(4 << 20, 3);
        ssize_t taken = CutShort([&] {
            return rove_tls_write(pair.client->get(), bytes.data(),
                                  bytes.size());
        });
        EXPECT_GT(taken, 0);
        EXPECT_LT(taken, static_cast<ssize_t>(bytes.size()));
        Task writer([&] {
            EXPECT_EQ(rove_tls_write(pair.client->get(), bytes.data() + taken,
                                     100000),
                      100000);
            EXPECT_EQ(rove_tls_shutdown(pair.client->get()), 0);
        });
        ssize_t last;
        std::vector<unsigned char> got = ReadToEnd(pair.server->get(), &last);
        EXPECT_EQ(last, 0);
        bytes.resize(static_cast<size_t>(taken) + 100000);
        EXPECT_TRUE(got == bytes);
    });
}

TEST_F(TlsTest, ReadThatIsCancelledHasTakenNothing)
{
    RunTasks(2, [&] {
        Pair pair(server_, client_);
        char byte = 0;
        int status = 0;
        ssize_t n = 0;
        ROVE_TIMEOUT(5 * ROVE_MS, &status)
        {
            ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR); // somebody else's
            n = rove_tls_read(pair.server->get(), &byte, 1);
        }
        EXPECT_EQ(n, -ECANCELED);
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(rove_tls_write(pair.client->get(), "a", 1), 1);
        EXPECT_EQ(rove_tls_read(pair.server->get(), &byte, 1), 1);
        EXPECT_EQ(byte, 'a');
    });
}

// A peer that is gone raises no signal, and what it sent before can be read.
TEST_F(TlsTest, EndWithoutGoodbyeIsAnError)
{
    RunTasks(2, [&] {
        Pair pair(server_, client_);
        EXPECT_EQ(rove_tls_write(pair.server->get(), "bye", 3), 3);
        pair.server->Close();
        EXPECT_EQ(rove_tls_write(pair.client->get(), "x", 1), -EPIPE);
        ssize_t last;
        EXPECT_EQ(ReadToEnd(pair.client->get(), &last).size(), 3u);
        EXPECT_EQ(last, -ECONNRESET);
    });
}

// Lines through streams, and the end that shutdown says.
TEST_F(TlsTest, StreamCarriesLines)
{
    constexpr int kLines = 20000;
    RunTasks(2, [&] {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        rove_tls *ends[2] = {};
        EXPECT_EQ(rove_tls_new(server_.get(), fds[0], &ends[0]), 0);
        EXPECT_EQ(rove_tls_new(client_.get(), fds[1], &ends[1]), 0);
        Task echo([&] {
            EXPECT_EQ(rove_tls_accept(ends[0]), 0);
            rove_stream *stream = rove_tls_stream(ends[0], nullptr);
            const char *line;
            ssize_t size;
            while ((size = rove_stream_read_until(stream, "\n", 1, 100,
                                                  &line)) > 0) {
                EXPECT_EQ(
                    rove_stream_write(stream, line, static_cast<size_t>(size)),
                    size);
            }
            EXPECT_EQ(size, 0);
            EXPECT_EQ(rove_stream_shutdown(stream), 0);
            EXPECT_EQ(rove_stream_close(stream), 0);
        });
        EXPECT_EQ(rove_tls_connect(ends[1], kHost), 0);
        rove_stream *stream = rove_tls_stream(ends[1], nullptr);
        Task write([&] {
            for (int i = 0; i < kLines; i++) {
                std::string line = std::to_string(i) + "\n";
                EXPECT_EQ(rove_stream_write(stream, line.data(), line.size()),
                          static_cast<ssize_t>(line.size()));
            }
            EXPECT_EQ(rove_stream_shutdown(stream), 0);
        });
        const char *line;
        for (int i = 0; i < kLines; i++) {
            ssize_t size = rove_stream_read_until(stream, "\n", 1, 100, &line);
            EXPECT_EQ(std::string(line, static_cast<size_t>(size)),
                      std::to_string(i) + "\n");
        }
        EXPECT_EQ(rove_stream_read_until(stream, "\n", 1, 100, &line), 0);
        write.Join();
        EXPECT_EQ(rove_stream_close(stream), 0);
    });
}

TEST_F(TlsTest, ClientSpeaksToOpenssl)
{
    TempDir dir;
    identity_.Save(dir.Path("identity.pem"));
    Server server({kOpenssl, "s_server", "-unix", dir.Path("socket"), "-cert",
                   dir.Path("identity.pem"), "-tls1_3", "-rev"},
                  "ACCEPT");
    RunTasks(2, [&] {
        End end(client_, rove_unix_connect(dir.Path("socket").c_str()));
        EXPECT_EQ(rove_tls_connect(end.get(), kHost), 0);
        EXPECT_EQ(rove_tls_write(end.get(), "stressed\n", 9), 9);
        std::string answer(9, ' ');
        EXPECT_EQ(rove_tls_read(end.get(), answer.data(), answer.size()), 9);
        EXPECT_EQ(answer, "desserts\n");
        EXPECT_EQ(rove_tls_shutdown(end.get()), 0);
    });
}

TEST_F(TlsTest, ServerSpeaksToOpenssl)
{
    TempDir dir;
    identity_.Save(dir.Path("identity.pem"));
    RunTasks(2, [&] {
        int listener = rove_unix_listen(dir.Path("socket").c_str(), nullptr);
        EXPECT_GE(listener, 0);
        Task serve([&] {
            End end(server_, rove_accept(listener, nullptr, nullptr));
            EXPECT_EQ(rove_tls_accept(end.get()), 0);
            EXPECT_EQ(rove_tls_write(end.get(), "hello\n", 6), 6);
            EXPECT_EQ(rove_tls_shutdown(end.get()), 0);
        });
        Server client({kOpenssl, "s_client", "-unix", dir.Path("socket"),
                       "-CAfile", dir.Path("identity.pem"),
                       "-verify_return_error", "-ign_eof"},
                      "hello\n");
        EXPECT_NE(client.Printed().find("Verification: OK"), std::string::npos);
        serve.Join();
        EXPECT_EQ(rove_close(listener), 0);
    });
}

} // namespace
