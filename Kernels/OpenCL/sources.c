// `#embed` is part of C23 and an extension before.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "martlet_opencl_sources.h"

static const char elementary[] = {
#embed "../Shared/elementary.h"
    , 0};
static const char prelude[] = {
#embed "kernels/prelude.cl"
    , 0};
static const char philox[] = {
#embed "kernels/philox.cl"
    , 0};
static const char probe[] = {
#embed "kernels/probe.cl"
    , 0};
static const char elementwise[] = {
#embed "kernels/elementwise.cl"
    , 0};
static const char elementwise_each[] = {
#embed "kernels/elementwise_each.cl"
    , 0};
static const char reduce_inner[] = {
#embed "kernels/reduce_inner.cl"
    , 0};
static const char reduce_outer[] = {
#embed "kernels/reduce_outer.cl"
    , 0};
static const char reduce_chunks[] = {
#embed "kernels/reduce_chunks.cl"
    , 0};
static const char softmax[] = {
#embed "kernels/softmax.cl"
    , 0};
static const char scan[] = {
#embed "kernels/scan.cl"
    , 0};
static const char sort[] = {
#embed "kernels/sort.cl"
    , 0};
static const char gather[] = {
#embed "kernels/gather.cl"
    , 0};
static const char scatter_add[] = {
#embed "kernels/scatter_add.cl"
    , 0};
static const char pooling[] = {
#embed "kernels/pooling.cl"
    , 0};
static const char contraction[] = {
#embed "kernels/contraction.cl"
    , 0};
static const char contraction_registers[] = {
#embed "kernels/contraction_registers.cl"
    , 0};
static const char contraction_loaders[] = {
#embed "kernels/contraction_loaders.cl"
    , 0};
static const char contraction_tiled[] = {
#embed "kernels/contraction_tiled.cl"
    , 0};
static const char contraction_mma[] = {
#embed "kernels/contraction_mma.cl"
    , 0};
static const char mma[] = {
#embed "kernels/mma.cl"
    , 0};
static const char recurrence[] = {
#embed "kernels/recurrence.cl"
    , 0};
static const char contraction_depthwise[] = {
#embed "kernels/contraction_depthwise.cl"
    , 0};
static const char contraction_finish[] = {
#embed "kernels/contraction_finish.cl"
    , 0};
static const char contraction_direct[] = {
#embed "kernels/contraction_direct.cl"
    , 0};
static const char contraction_planar[] = {
#embed "kernels/contraction_planar.cl"
    , 0};
static const char probe_mma[] = {
#embed "kernels/probe_mma.cl"
    , 0};

const char *martlet_opencl_source(enum martlet_opencl_source source) {
    switch (source) {
    case martlet_cl_elementary:
        return elementary;
    case martlet_cl_prelude:
        return prelude;
    case martlet_cl_philox:
        return philox;
    case martlet_cl_probe:
        return probe;
    case martlet_cl_elementwise:
        return elementwise;
    case martlet_cl_elementwise_each:
        return elementwise_each;
    case martlet_cl_reduce_inner:
        return reduce_inner;
    case martlet_cl_reduce_outer:
        return reduce_outer;
    case martlet_cl_reduce_chunks:
        return reduce_chunks;
    case martlet_cl_softmax:
        return softmax;
    case martlet_cl_scan:
        return scan;
    case martlet_cl_sort:
        return sort;
    case martlet_cl_gather:
        return gather;
    case martlet_cl_scatter_add:
        return scatter_add;
    case martlet_cl_pooling:
        return pooling;
    case martlet_cl_contraction:
        return contraction;
    case martlet_cl_contraction_registers:
        return contraction_registers;
    case martlet_cl_contraction_loaders:
        return contraction_loaders;
    case martlet_cl_contraction_tiled:
        return contraction_tiled;
    case martlet_cl_contraction_mma:
        return contraction_mma;
    case martlet_cl_mma:
        return mma;
    case martlet_cl_recurrence:
        return recurrence;
    case martlet_cl_contraction_depthwise:
        return contraction_depthwise;
    case martlet_cl_contraction_finish:
        return contraction_finish;
    case martlet_cl_contraction_direct:
        return contraction_direct;
    case martlet_cl_contraction_planar:
        return contraction_planar;
    case martlet_cl_probe_mma:
        return probe_mma;
    }
    return "";
}
