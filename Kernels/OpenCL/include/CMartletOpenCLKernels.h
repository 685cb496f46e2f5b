// The functions of an OpenCL loader as a table that is filled at run time, and the kernel sources, embedded into the
// binary.
#ifndef CMARTLETOPENCLKERNELS_H
#define CMARTLETOPENCLKERNELS_H

#include "martlet_opencl_functions.h"
#include "martlet_opencl_sources.h"

#endif
