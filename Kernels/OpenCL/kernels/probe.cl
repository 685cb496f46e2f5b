// Facts about the device's arithmetic that decide whether results can be compared bit for bit: one item, one result each.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe(__global const float *x, __global float *y) {
    y[0] = fma(x[0], x[1], x[2]);
    y[1] = x[3] / x[4];
    y[2] = sqrt(x[5]);
    y[3] = x[6] * x[7];
    y[4] = x[0] * x[1] + x[2];
    y[5] = rint(x[8]);
}
