// Point: sparse matrix times vector and times dense matrix, from CSR and COO, in row and column order.
// Rule: y = alpha op(A) x + beta y; a dense matrix has element (i, j) at i * ld + j in row order and at i + j * ld in column order.
#include <cusparse.h>
#include "check.h"

static void good(const char* what, cusparseStatus_t status) { expect(what, status == CUSPARSE_STATUS_SUCCESS, true); }

int main() {
    const int m = 4, n = 5, k = 3, count = 7;
    std::vector<int> offsets{0, 2, 3, 5, 7}, columns{0, 3, 2, 1, 4, 0, 2}, rows{0, 0, 1, 2, 2, 3, 3};
    std::vector<float> values{1, -2, 3, 4, -1, 2, 5}, x{1, 2, -1, 3, -2}, y{1, 1, 2, 2}, t{1, -1, 2, 3};
    std::vector<float> dense(m * n), want(m);
    for (int e = 0; e < count; e++) dense[rows[e] * n + columns[e]] = values[e];

    cusparseHandle_t handle;
    good("create", cusparseCreate(&handle));
    Device<int> po(offsets), pc(columns), pr(rows);
    Device<float> pv(values), px(x), py(y), pt(t), pz(n);
    cusparseSpMatDescr_t csr, coo;
    cusparseDnVecDescr_t dx, dy, dt, dz;
    good("csr", cusparseCreateCsr(&csr, m, n, count, po.data, pc.data, pv.data, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
    good("coo", cusparseCreateCoo(&coo, m, n, count, pr.data, pc.data, pv.data, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
    good("x", cusparseCreateDnVec(&dx, n, px.data, CUDA_R_32F));
    good("y", cusparseCreateDnVec(&dy, m, py.data, CUDA_R_32F));
    cusparseCreateDnVec(&dt, m, pt.data, CUDA_R_32F);
    cusparseCreateDnVec(&dz, n, pz.data, CUDA_R_32F);
    float alpha = 2, beta = -1, zero = 0;
    size_t bytes = 0;
    good("size", cusparseSpMV_bufferSize(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &alpha, csr, dx, &beta, dy, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, &bytes));
    Device<char> space(bytes + 1);
    good("multiply", cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &alpha, csr, dx, &beta, dy, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, space));
    for (int i = 0; i < m; i++) {
        want[i] = -y[i];
        for (int j = 0; j < n; j++) want[i] += 2 * dense[i * n + j] * x[j];
    }
    expect_all("2 A x - y", py.read(), want);
    good("transposed", cusparseSpMV(handle, CUSPARSE_OPERATION_TRANSPOSE, &alpha, coo, dt, &zero, dz, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, space));
    std::vector<float> turned(n);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) turned[j] += 2 * dense[i * n + j] * t[i];
    expect_all("2 A' t", pz.read(), turned);

    for (int order = 0; order < 2; order++) {
        const int ldb = order ? k + 2 : n + 1, ldc = order ? k + 1 : m + 3;
        std::vector<float> b(order ? n * ldb : k * ldb, 9), c(order ? m * ldc : k * ldc, 7), product = c;
        auto at = [&](int i, int j, int ld) { return order ? i * ld + j : i + j * ld; };
        for (int i = 0; i < n; i++)
            for (int j = 0; j < k; j++) b[at(i, j, ldb)] = float(i - j);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < k; j++) {
                float sum = 0;
                for (int p = 0; p < n; p++) sum += dense[i * n + p] * float(p - j);
                product[at(i, j, ldc)] = 2 * sum - 7;
            }
        Device<float> pb(b), pd(c);
        cusparseDnMatDescr_t db, dc;
        good("b", cusparseCreateDnMat(&db, n, k, ldb, pb.data, CUDA_R_32F, order ? CUSPARSE_ORDER_ROW : CUSPARSE_ORDER_COL));
        good("c", cusparseCreateDnMat(&dc, m, k, ldc, pd.data, CUDA_R_32F, order ? CUSPARSE_ORDER_ROW : CUSPARSE_ORDER_COL));
        good("spmm", cusparseSpMM(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_NON_TRANSPOSE, &alpha, csr, db, &beta, dc, CUDA_R_32F,
                                  CUSPARSE_SPMM_ALG_DEFAULT, space));
        expect_all(order ? "rows" : "columns", pd.read(), product);
        cusparseDestroyDnMat(db);
        cusparseDestroyDnMat(dc);
    }
    cusparseDestroySpMat(csr);
    cusparseDestroySpMat(coo);
    cusparseDestroyDnVec(dx);
    cusparseDestroyDnVec(dy);
    good("destroy", cusparseDestroy(handle));
    return finish();
}
