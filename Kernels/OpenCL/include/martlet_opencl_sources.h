// The kernel sources, embedded into the binary as text that ends with a zero byte.
#ifndef MARTLET_OPENCL_SOURCES_H
#define MARTLET_OPENCL_SOURCES_H

enum martlet_opencl_source {
    martlet_cl_elementary,
    martlet_cl_prelude,
    martlet_cl_philox,
    martlet_cl_probe,
    martlet_cl_elementwise,
    martlet_cl_elementwise_each,
    martlet_cl_reduce_inner,
    martlet_cl_reduce_outer,
    martlet_cl_reduce_chunks,
    martlet_cl_softmax,
    martlet_cl_scan,
    martlet_cl_sort,
    martlet_cl_gather,
    martlet_cl_scatter_add,
    martlet_cl_pooling,
    martlet_cl_contraction,
    martlet_cl_contraction_registers,
    martlet_cl_contraction_loaders,
    martlet_cl_contraction_tiled,
    martlet_cl_contraction_mma,
    martlet_cl_mma,
    martlet_cl_probe_mma,
    martlet_cl_recurrence,
    martlet_cl_contraction_depthwise,
    martlet_cl_contraction_finish,
    martlet_cl_contraction_direct,
    martlet_cl_contraction_planar,
};

const char *martlet_opencl_source(enum martlet_opencl_source source);

#endif
