// Point: dim3 and uint3: defaults, members, use on both sides.
// Rule: missing dim3 components are 1; threadIdx is a uint3, blockDim a dim3.
#include "check.h"

__global__ void places(dim3 shape, uint3* out) {
    uint3 place = threadIdx;
    place.x += blockIdx.x * blockDim.x;
    place.z = shape.x * shape.y * shape.z;
    out[place.x] = place;
}

int main() {
    dim3 block(4), grid = dim3(2, 1);
    expect("default y, z", int(block.y * 10 + block.z), 11);
    expect("threads", int(block.x * grid.x), 8);
    Device<uint3> out(8);
    places<<<grid, block>>>(dim3(3, 5), out);
    std::vector<uint3> got = out.read();
    std::vector<unsigned> flat, want;
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned one : {got[i].x, got[i].y, got[i].z}) flat.push_back(one);
        for (unsigned one : {i, 0u, 15u}) want.push_back(one);
    }
    expect_all("places", flat, want);
    return finish();
}
