// Point: virtual functions of objects that were made in device code.
// Rule: an object whose virtual functions are called on the device has to be constructed there.
#include "check.h"

struct Shape {
    __device__ virtual ~Shape() {}
    __device__ virtual int area() const = 0;
};
struct Square : Shape {
    int side;
    __device__ explicit Square(int s) : side(s) {}
    __device__ int area() const override { return side * side; }
};
struct Strip : Shape {
    int length;
    __device__ explicit Strip(int l) : length(l) {}
    __device__ int area() const override { return length * 2; }
};

__global__ void make(Shape** shapes) {
    int t = threadIdx.x;
    if (t % 2) shapes[t] = new Square(t);
    else shapes[t] = new Strip(t);
}
__global__ void measure(Shape** shapes, int* out) { out[threadIdx.x] = shapes[threadIdx.x]->area(); }
__global__ void destroy(Shape** shapes) { delete shapes[threadIdx.x]; }

int main() {
    Device<Shape*> shapes(24);
    Device<int> out(24);
    make<<<1, 24>>>(shapes);
    measure<<<1, 24>>>(shapes, out);
    destroy<<<1, 24>>>(shapes);
    std::vector<int> want(24);
    for (int t = 0; t < 24; t++) want[t] = t % 2 ? t * t : t * 2;
    expect_all("areas", out.read(), want);
    return finish();
}
