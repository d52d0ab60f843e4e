// Point: objects made in one translation unit, their virtual functions called in another.
// Rule: with relocatable device code, a class has one table of virtual functions on the device.
#include "../check.h"
#include "shape.h"

__global__ void measure(Shape* const* shapes, int* out) { out[threadIdx.x] = shapes[threadIdx.x]->area(); }

int main() {
    Device<Shape*> shapes(10);
    make_shapes(shapes, 10);
    Device<int> out(10);
    measure<<<1, 10>>>(shapes.data, out);
    std::vector<int> want(10);
    for (int t = 0; t < 10; t++) want[t] = t % 2 ? t * t : 3 * t;
    expect_all("areas", out.read(), want);
    return finish();
}
