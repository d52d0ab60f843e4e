// Random number generators of the host interfaces: XORWOW, MRG32k3a, Philox4x32-10, MT19937 and Sobol sequences.
//
// Bits follow what is published: the algorithms, their seeding and the order of XORWOW and MRG32k3a, whose outputs come
// in turn from many subsequences at fixed distances.
#pragma once

#include "../machine.h"
#include "numbers.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace hw::rand {

enum class Kind { xorwow, mrg32k3a, mtgp32, mt19937, philox, sobol32, sobol64, unknown };
enum class Status { ok, not_initialized, type_error, out_of_range, length_not_multiple };

// One core gives both libraries the same numbers: those of cuRAND, in its documented default order. On real hardware the
// same seed gives others on AMD (seeding salts and orderings are rocRAND's own; the port says so at each seed), so that
// what is computed from them could not be compared; here it can be, and everything else of the port is put to the test.
constexpr uint32_t kLanes = 4096;        // subsequences that XORWOW and MRG32k3a take turns with

class Source {
public:
    virtual ~Source() = default;
    virtual uint32_t next() = 0;
    virtual double fraction() { return (next() + 0.5) * 0x1p-32; }   // only MRG32k3a has one of its own
    virtual void skip(uint64_t count) { while (count--) next(); }
};

// Marsaglia's XORWOW; its linear part is a matrix over two elements, whose 2^67th power leads to the next subsequence.
struct XorwowState {
    std::array<uint32_t, 5> x;
    uint32_t d;
    void step() {
        uint32_t t = x[0] ^ x[0] >> 2;
        x = {x[1], x[2], x[3], x[4], (x[4] ^ x[4] << 4) ^ (t ^ t << 1)};
    }
};
using XorwowMatrix = std::vector<std::array<uint32_t, 5>>;   // row i: what bit i of the state becomes

inline std::array<uint32_t, 5> multiplied(const XorwowMatrix& matrix, const std::array<uint32_t, 5>& x) {
    std::array<uint32_t, 5> out{};
    for (int bit = 0; bit < 160; ++bit)
        if (x[bit / 32] >> bit % 32 & 1)
            for (int word = 0; word < 5; ++word) out[word] ^= matrix[bit][word];
    return out;
}

inline const XorwowMatrix& xorwow_jump() {
    static const XorwowMatrix jump = [] {
        XorwowMatrix matrix(160);
        for (int bit = 0; bit < 160; ++bit) {
            XorwowState unit{{}, 0};
            unit.x[bit / 32] = 1u << bit % 32;
            unit.step();
            matrix[bit] = unit.x;
        }
        for (int power = 0; power < 67; ++power) {
            XorwowMatrix square(160);
            for (int bit = 0; bit < 160; ++bit) square[bit] = multiplied(matrix, matrix[bit]);
            matrix = std::move(square);
        }
        return matrix;
    }();
    return jump;
}

// Output n comes from subsequence n mod lanes; subsequences are set up when they are first reached.
template <class State>
class Lanes : public Source {
public:
    Lanes(State first, uint32_t lanes) : states_{first}, fresh_(first), lanes_(lanes) {}
    uint32_t next() override { return step().bits(); }
    double fraction() override { return step().fraction(); }

private:
    State& step() {
        if (place_ == states_.size()) states_.push_back(fresh_ = State::following(fresh_));
        State& state = states_[place_];
        place_ = (place_ + 1) % lanes_;
        state.advance();
        return state;
    }
    std::vector<State> states_;
    State fresh_;            // the last subsequence that was set up, as it was before its first output
    uint32_t lanes_, place_ = 0;
};

struct Xorwow : XorwowState {
    static Xorwow seeded(uint64_t seed) {
        uint32_t t0 = 1099087573u * (uint32_t(seed) ^ 0xaad26b49u);
        uint32_t t1 = 2591861531u * (uint32_t(seed >> 32) ^ 0xf7dcefddu);
        return {{{123456789u + t0, 362436069u ^ t0, 521288629u + t1, 88675123u ^ t1, 5783321u + t0}, 6615241u + t1 + t0}};
    }
    static Xorwow following(const Xorwow& before) { return {{multiplied(xorwow_jump(), before.x), before.d}}; }   // 2^67 steps of d are none
    void advance() { step(); d += 362437; }
    uint32_t bits() const { return x[4] + d; }
    double fraction() const { return (bits() + 0.5) * 0x1p-32; }
};

// L'Ecuyer's MRG32k3a; subsequences are 2^76 apart.
struct Mrg {
    static constexpr uint64_t m1 = 4294967087u, m2 = 4294944443u;
    using Matrix = std::array<std::array<uint64_t, 3>, 3>;
    std::array<uint64_t, 3> a, b;
    uint64_t value = 0;

    static Mrg seeded(uint64_t seed) {
        const uint64_t with = 12345;
        if (!seed) return {{with, with, with}, {with, with, with}, 0};
        uint32_t x = uint32_t(seed) ^ 0x55555555u, y = uint32_t(seed >> 32) ^ 0xaaaaaaaau;
        auto product = [](uint64_t factor, uint64_t m) { return factor * with % m; };
        return {{product(x, m1), product(y, m1), product(x, m1)}, {product(y, m2), product(x, m2), product(y, m2)}, 0};
    }
    static Matrix power(Matrix base, uint64_t m, int doublings) {
        for (int i = 0; i < doublings; ++i) {
            Matrix square{};
            for (int r = 0; r < 3; ++r)
                for (int c = 0; c < 3; ++c)
                    for (int k = 0; k < 3; ++k) square[r][c] = (square[r][c] + base[r][k] * base[k][c] % m) % m;
            base = square;
        }
        return base;
    }
    static std::array<uint64_t, 3> multiplied(const Matrix& matrix, const std::array<uint64_t, 3>& v, uint64_t m) {
        std::array<uint64_t, 3> out{};
        for (int r = 0; r < 3; ++r)
            for (int k = 0; k < 3; ++k) out[r] = (out[r] + matrix[r][k] * v[k] % m) % m;
        return out;
    }
    static Mrg following(const Mrg& before) {
        static const Matrix jump_a = power({{{0, 1, 0}, {0, 0, 1}, {m1 - 810728, 1403580, 0}}}, m1, 76);
        static const Matrix jump_b = power({{{0, 1, 0}, {0, 0, 1}, {m2 - 1370589, 0, 527612}}}, m2, 76);
        return {multiplied(jump_a, before.a, m1), multiplied(jump_b, before.b, m2), 0};
    }
    void advance() {
        uint64_t p = (1403580 * a[1] + (m1 - 810728) * a[0]) % m1, q = (527612 * b[2] + (m2 - 1370589) * b[0]) % m2;
        a = {a[1], a[2], p};
        b = {b[1], b[2], q};
        value = p > q ? p - q : p + m1 - q;      // 1 … m1
    }
    uint32_t bits() const { return uint32_t(double(value) * 1.000000048662); }
    double fraction() const { return double(value) * 2.3283065498378288e-10; }
};

// Philox 4x32 with ten rounds, of Salmon and others: position n is word n mod 4 of block n / 4.
class Philox : public Source {
public:
    explicit Philox(uint64_t seed) : seed_(seed) {}
    uint32_t next() override {
        if (place_ % 4 == 0 || !filled_) fill();
        return block_[place_++ % 4];
    }
    void skip(uint64_t count) override { place_ += count; filled_ = false; }

private:
    void fill() {
        uint64_t counter = place_ / 4;
        std::array<uint32_t, 4> c{uint32_t(counter), uint32_t(counter >> 32), 0, 0};
        uint32_t k0 = uint32_t(seed_), k1 = uint32_t(seed_ >> 32);
        for (int round = 0; round < 10; ++round) {
            uint64_t p = uint64_t(0xD2511F53u) * c[0], q = uint64_t(0xCD9E8D57u) * c[2];
            c = {uint32_t(q >> 32) ^ c[1] ^ k0, uint32_t(q), uint32_t(p >> 32) ^ c[3] ^ k1, uint32_t(p)};
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        block_ = c;
        filled_ = true;
    }
    uint64_t seed_, place_ = 0;
    std::array<uint32_t, 4> block_{};
    bool filled_ = false;
};

class Mersenne : public Source {
public:
    explicit Mersenne(uint64_t seed) : engine_(uint32_t(seed ^ seed >> 32)) {}
    uint32_t next() override { return uint32_t(engine_()); }

private:
    std::mt19937 engine_;
};

// Sobol's sequence with the direction numbers of Joe and Kuo (their set D6), in Gray code order.
constexpr int kSobolDimensions = 21;
template <class Word>
Word sobol(int dimension, uint64_t index) {
    struct Polynomial { int degree, coefficients; int m[7]; };
    static constexpr Polynomial table[kSobolDimensions - 1] = {
        {1, 0, {1}}, {2, 1, {1, 3}}, {3, 1, {1, 3, 1}}, {3, 2, {1, 1, 1}}, {4, 1, {1, 1, 3, 3}}, {4, 4, {1, 3, 5, 13}},
        {5, 2, {1, 1, 5, 5, 17}}, {5, 4, {1, 1, 5, 5, 5}}, {5, 7, {1, 1, 7, 11, 19}}, {5, 11, {1, 1, 5, 1, 1}},
        {5, 13, {1, 1, 1, 3, 11}}, {5, 14, {1, 3, 5, 5, 31}}, {6, 1, {1, 3, 3, 9, 7, 49}}, {6, 13, {1, 1, 1, 15, 21, 21}},
        {6, 16, {1, 3, 1, 13, 27, 49}}, {6, 19, {1, 1, 1, 15, 7, 5}}, {6, 22, {1, 3, 1, 15, 13, 25}},
        {6, 25, {1, 1, 5, 5, 19, 61}}, {7, 1, {1, 3, 7, 11, 23, 15, 103}}, {7, 4, {1, 3, 7, 13, 13, 15, 69}}};
    constexpr int bits = 8 * sizeof(Word);
    static const auto directions = [] {
        std::vector<std::array<Word, bits>> all(kSobolDimensions);
        for (int i = 0; i < bits; ++i) all[0][i] = Word(1) << (bits - 1 - i);
        for (int d = 1; d < kSobolDimensions; ++d) {
            const Polynomial& p = table[d - 1];
            for (int i = 0; i < bits; ++i) {
                if (i < p.degree) { all[d][i] = Word(p.m[i]) << (bits - 1 - i); continue; }
                Word v = all[d][i - p.degree] ^ all[d][i - p.degree] >> p.degree;
                for (int k = 1; k < p.degree; ++k)
                    if (p.coefficients >> (p.degree - 1 - k) & 1) v ^= all[d][i - k];
                all[d][i] = v;
            }
        }
        return all;
    }();
    Word x = 0;
    for (uint64_t gray = index ^ index >> 1, i = 0; gray && i < bits; gray >>= 1, ++i)
        if (gray & 1) x ^= directions[dimension][i];
    return x;
}

struct Generator {
    Kind kind;
    void* stream = nullptr;
    uint64_t seed = 0, offset = 0;
    uint32_t dimensions = 1;
    std::shared_ptr<Source> source;      // made on first use
    uint64_t sobol_place = 0;

    bool quasi() const { return kind == Kind::sobol32 || kind == Kind::sobol64; }
    Source& start() {
        if (source) return *source;
        switch (kind) {
        case Kind::xorwow: source = std::make_shared<Lanes<Xorwow>>(Xorwow::seeded(seed), kLanes); break;
        case Kind::mrg32k3a: source = std::make_shared<Lanes<Mrg>>(Mrg::seeded(seed), kLanes); break;
        case Kind::mt19937: source = std::make_shared<Mersenne>(seed); break;
        default: source = std::make_shared<Philox>(seed); break;
        }
        source->skip(offset);
        return *source;
    }
};

// One uniform number in (0, 1], with as many random bits as T holds.
template <class T>
T uniform(Generator& g) {
    if (g.kind == Kind::mrg32k3a) return T(g.start().fraction());
    if (std::is_same<T, float>::value) return T(float(g.start().next()) * 0x1p-32f + 0x1p-33f);
    uint64_t low = g.start().next(), high = g.start().next();
    uint64_t bits = low ^ high << 21;
    return T((double(bits) + 0.5) * 0x1p-53);
}

// Fills `out` with what `draw(generator)` gives, or for a quasi-random generator with what `from_word(uniform)` gives of
// each dimension in turn.
template <class T, class Draw, class FromUniform>
Status fill(Generator* g, T* out, size_t n, Draw draw, FromUniform from_uniform) {
    if (!g) return Status::not_initialized;
    if (!out && n) return Status::out_of_range;
    if (g->quasi() && n % g->dimensions) return Status::length_not_multiple;
    enqueue(g->stream, [=] {
        if (!g->quasi()) {
            draw(*g, out, n);
            return;
        }
        size_t points = n / g->dimensions;
        for (uint32_t d = 0; d < g->dimensions; ++d)
            for (size_t i = 0; i < points; ++i) {
                uint64_t index = g->offset + g->sobol_place + i;
                double u = g->kind == Kind::sobol32 ? (sobol<uint32_t>(int(d), index) + 0.5) * 0x1p-32
                                                    : (double(sobol<uint64_t>(int(d), index) >> 11) + 0.5) * 0x1p-53;
                out[d * points + i] = from_uniform(u, int(d), index);
            }
        g->sobol_place += points;
    });
    return Status::ok;
}

template <class T>
Status generate_words(Generator* g, T* out, size_t n) {
    if (g && g->kind != (sizeof(T) == 8 ? Kind::sobol64 : g->kind)) return Status::type_error;
    if (g && sizeof(T) == 4 && g->kind == Kind::sobol64) return Status::type_error;
    return fill(g, out, n,
                [](Generator& s, T* p, size_t count) { for (size_t i = 0; i < count; ++i) p[i] = T(s.start().next()); },
                [](double, int d, uint64_t index) { return sobol<T>(d, index); });
}

template <class T>
Status generate_uniform(Generator* g, T* out, size_t n) {
    return fill(g, out, n, [](Generator& s, T* p, size_t count) { for (size_t i = 0; i < count; ++i) p[i] = uniform<T>(s); },
                [](double u, int, uint64_t) { return T(u); });
}

// The quantile function of the normal distribution (Acklam's rational start, polished by a Newton step on erfc).
inline double normal_quantile(double u) {
    if (u >= 1) u = 1 - 0x1p-54;
    double q = std::min(u, 1 - u), t = std::sqrt(-2 * std::log(q));
    double x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
    for (int i = 0; i < 4; ++i) {
        double error = 0.5 * std::erfc(-x / std::sqrt(2.0)) - q, density = std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
        double step = error / density;
        x -= step / (1 + x * step / 2);
    }
    return u < 0.5 ? x : -x;
}

// Normal numbers: Box and Muller's pairs for pseudo-random sources, the quantile for quasi-random ones.
template <class T, class Shape>
Status generate_normal(Generator* g, T* out, size_t n, Shape shape) {
    if (g && !g->quasi() && n % 2) return Status::length_not_multiple;
    return fill(g, out, n,
                [=](Generator& s, T* p, size_t count) {
                    for (size_t i = 0; i < count; i += 2) {
                        double radius = std::sqrt(-2 * std::log(double(uniform<T>(s))));
                        double angle = 2 * 3.14159265358979323846 * double(uniform<T>(s));
                        p[i] = shape(radius * std::sin(angle));
                        if (i + 1 < count) p[i + 1] = shape(radius * std::cos(angle));
                    }
                },
                [=](double u, int, uint64_t) { return shape(normal_quantile(u)); });
}

inline uint32_t poisson_quantile(double u, double lambda) {
    if (lambda > 2000) return uint32_t(std::max(0.0, std::floor(lambda + std::sqrt(lambda) * normal_quantile(u) + 0.5)));
    long double term = std::exp(-(long double)lambda), sum = term;
    uint32_t k = 0;
    while (u > sum && k < 10000) { ++k; term *= lambda / k; sum += term; }
    return k;
}

inline Status generate_poisson(Generator* g, uint32_t* out, size_t n, double lambda) {
    if (!(lambda > 0) || lambda > 400000) return g ? Status::out_of_range : Status::not_initialized;
    return fill(g, out, n,
                [=](Generator& s, uint32_t* p, size_t count) {
                    for (size_t i = 0; i < count; ++i) p[i] = poisson_quantile(uniform<double>(s), lambda);
                },
                [=](double u, int, uint64_t) { return poisson_quantile(u, lambda); });
}

}  // namespace hw::rand
