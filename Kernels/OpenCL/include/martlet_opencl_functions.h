// The functions of OpenCL 1.2 that Martlet calls, as a table of pointers. Nothing is linked: the loader is opened at
// run time, so a program starts on a machine without OpenCL, and a test can put functions of its own into the table.
#ifndef MARTLET_OPENCL_FUNCTIONS_H
#define MARTLET_OPENCL_FUNCTIONS_H

#include <stdbool.h>

#if !__has_include(<CL/cl.h>)
#error "The OpenCL headers are missing: install ocl-icd-opencl-dev, or build with --disable-default-traits"
#endif
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

struct martlet_opencl_functions {
    __typeof__(&clGetPlatformIDs) getPlatformIDs;
    __typeof__(&clGetPlatformInfo) getPlatformInfo;
    __typeof__(&clGetDeviceIDs) getDeviceIDs;
    __typeof__(&clGetDeviceInfo) getDeviceInfo;
    __typeof__(&clCreateContext) createContext;
    __typeof__(&clReleaseContext) releaseContext;
    __typeof__(&clCreateCommandQueue) createCommandQueue;
    __typeof__(&clReleaseCommandQueue) releaseCommandQueue;
    __typeof__(&clCreateBuffer) createBuffer;
    __typeof__(&clReleaseMemObject) releaseMemObject;
    __typeof__(&clCreateProgramWithSource) createProgramWithSource;
    __typeof__(&clCreateProgramWithBinary) createProgramWithBinary;
    __typeof__(&clBuildProgram) buildProgram;
    __typeof__(&clGetProgramInfo) getProgramInfo;
    __typeof__(&clGetProgramBuildInfo) getProgramBuildInfo;
    __typeof__(&clReleaseProgram) releaseProgram;
    __typeof__(&clCreateKernel) createKernel;
    __typeof__(&clGetKernelWorkGroupInfo) getKernelWorkGroupInfo;
    __typeof__(&clReleaseKernel) releaseKernel;
    __typeof__(&clSetKernelArg) setKernelArg;
    __typeof__(&clEnqueueNDRangeKernel) enqueueNDRangeKernel;
    __typeof__(&clEnqueueReadBuffer) enqueueReadBuffer;
    __typeof__(&clEnqueueWriteBuffer) enqueueWriteBuffer;
    __typeof__(&clEnqueueMapBuffer) enqueueMapBuffer;
    __typeof__(&clEnqueueUnmapMemObject) enqueueUnmapMemObject;
    __typeof__(&clFlush) flush;
    __typeof__(&clFinish) finish;
    __typeof__(&clWaitForEvents) waitForEvents;
    __typeof__(&clGetEventInfo) getEventInfo;
    __typeof__(&clGetEventProfilingInfo) getEventProfilingInfo;
    __typeof__(&clRetainEvent) retainEvent;
    __typeof__(&clReleaseEvent) releaseEvent;
};

// Opens the shared library `path` and fills the table; every pointer is set when it returns true. On failure `reason`
// receives a text that stays valid until the calling thread loads again. The library stays open for good.
bool martlet_opencl_load(const char *path, struct martlet_opencl_functions *functions, const char **reason);

#endif
