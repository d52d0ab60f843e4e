// Point: sorting, scanning, reducing and transforming with Thrust.
// Rule: the algorithms mean what their standard namesakes mean; sort_by_key moves values with their keys.
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#include <thrust/transform.h>
#include "check.h"

struct Square {
    __host__ __device__ int operator()(int x) const { return x * x; }
};

int main() {
    const int count = 500;
    std::vector<int> keys(count), values(count), got(count), want(count);
    for (int i = 0; i < count; i++) {
        keys[i] = i * 337 % 1009;  // all different: 1009 is prime
        values[i] = keys[i] * 2 + 1;
    }
    thrust::device_vector<int> k(keys.begin(), keys.end()), v(values.begin(), values.end()), s(count);
    thrust::sort_by_key(k.begin(), k.end(), v.begin());
    thrust::copy(v.begin(), v.end(), got.begin());
    want = keys;
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && want[j - 1] > want[j]; j--) std::swap(want[j - 1], want[j]);
    for (int& one : want) one = one * 2 + 1;
    expect_all("values by key", got, want);
    expect("sum", thrust::reduce(k.begin(), k.end(), 0), [&] {
        int sum = 0;
        for (int one : keys) sum += one;
        return sum;
    }());
    thrust::transform(k.begin(), k.end(), s.begin(), Square());
    thrust::inclusive_scan(s.begin(), s.begin() + 20, s.begin());
    int last = s[19], sum = 0;
    for (int i = 0; i < 20; i++) sum += ((want[i] - 1) / 2) * ((want[i] - 1) / 2);
    expect("scan of squares", last, sum);
    return finish();
}
