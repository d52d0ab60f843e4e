// Point: cudaMemset writes bytes; cudaMemset2D leaves what lies between the rows.
// Rule: the value is converted to unsigned char and put into each byte.
#include "check.h"

int main() {
    Device<unsigned> words(8);
    must(cudaMemset(words, 0x1a5, 6 * sizeof(unsigned)));
    expect_all("words", words.read(), {0xa5a5a5a5u, 0xa5a5a5a5u, 0xa5a5a5a5u, 0xa5a5a5a5u, 0xa5a5a5a5u, 0xa5a5a5a5u, 0u, 0u});
    Device<int> minus(4);
    must(cudaMemset(minus, 0xff, 4 * sizeof(int)));
    expect_all("all ones", minus.read(), {-1, -1, -1, -1});
    Device<unsigned char> grid(4 * 10);
    must(cudaMemset2D(grid, 10, 3, 7, 4));
    std::vector<unsigned char> want(40);
    for (int i = 0; i < 40; i++) want[i] = i % 10 < 7 ? 3 : 0;
    expect_all("rows", grid.read(), want);
    return finish();
}
