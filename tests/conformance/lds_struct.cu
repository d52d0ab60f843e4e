// Point: shared arrays of structs, with padding and wide members.
// Rule: shared memory holds types with the layout they have everywhere.
#include "check.h"

struct Item {
    char tag;
    double weight;
    short code;
    float4 place;
};

__global__ void shuffle_items(double* out, int* sizes) {
    __shared__ Item items[48];
    int t = threadIdx.x;
    items[t].tag = char(t);
    items[t].weight = t * 0.25;
    items[t].code = short(-t);
    items[t].place = make_float4(t, t + 1, t + 2, t + 3);
    __syncthreads();
    const Item& other = items[(t * 5) % 48];
    out[t] = other.tag + other.weight + other.code + other.place.x + other.place.w;
    if (t == 0) {
        sizes[0] = sizeof(Item);
        sizes[1] = offsetof(Item, place);
    }
}

int main() {
    Device<double> out(48);
    Device<int> sizes(2);
    shuffle_items<<<1, 48>>>(out, sizes);
    std::vector<double> want(48);
    for (int t = 0; t < 48; t++) {
        int o = t * 5 % 48;
        want[t] = o + o * 0.25 - o + o + (o + 3);
    }
    expect_all("items", out.read(), want);
    expect_all("size and offset", sizes.read(), {48, 32});
    return finish();
}
