// Point: device-wide sum, minimum, exclusive scan and radix sort of CUB.
// Rule: a first call with a null pointer gives the bytes of temporary storage; the second does the work.
#include <cub/cub.cuh>
#include "check.h"

template <class Call>
void twice(const char* name, Call call) {
    size_t bytes = 0;
    must(call(nullptr, bytes), name);
    Device<char> storage(bytes + 1);
    must(call(storage.data, bytes), name);
}

int main() {
    const int count = 3000;
    std::vector<int> values(count), scanned(count), sorted;
    int sum = 0, least = 1 << 30;
    for (int i = 0; i < count; i++) {
        values[i] = int(i * 7919u % 4001) - 2000;
        scanned[i] = sum;
        sum += values[i];
        least = values[i] < least ? values[i] : least;
    }
    Device<int> in(values), out(count), one(1);
    twice("sum", [&](void* storage, size_t& bytes) { return cub::DeviceReduce::Sum(storage, bytes, in.data, one.data, count); });
    expect("sum", one.read()[0], sum);
    twice("min", [&](void* storage, size_t& bytes) { return cub::DeviceReduce::Min(storage, bytes, in.data, one.data, count); });
    expect("min", one.read()[0], least);
    twice("scan", [&](void* storage, size_t& bytes) {
        return cub::DeviceScan::ExclusiveSum(storage, bytes, in.data, out.data, count);
    });
    expect_all("scan", out.read(), scanned);
    twice("sort", [&](void* storage, size_t& bytes) {
        return cub::DeviceRadixSort::SortKeys(storage, bytes, in.data, out.data, count);
    });
    sorted = out.read();
    bool ordered = true;
    long long total = 0;
    for (int i = 0; i < count; i++) {
        ordered = ordered && (i == 0 || sorted[i - 1] <= sorted[i]);
        total += sorted[i];
    }
    expect("ordered", ordered, true);
    expect("same sum", total, (long long)sum);
    return finish();
}
