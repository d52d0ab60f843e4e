#include <cuda_runtime.h>
#include "shape.h"

struct Square : Shape {
    __device__ explicit Square(int s) : Shape(s) {}
    __device__ int area() const override { return side * side; }
};

__device__ int Shape::area() const { return 3 * side; }

__global__ void make(Shape** shapes, int count) {
    int t = threadIdx.x;
    if (t < count) shapes[t] = t % 2 ? new Square(t) : new Shape(t);
}

void make_shapes(Shape** shapes, int count) { make<<<1, 32>>>(shapes, count); }
