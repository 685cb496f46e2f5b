#ifdef MARTLET_OPENCL
#include "martlet_opencl_functions.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

static _Thread_local char failure[512];

bool martlet_opencl_load(const char *path, struct martlet_opencl_functions *functions, const char **reason) {
    const struct {
        const char *name;
        size_t offset;
    } entries[] = {
#define ENTRY(name, field) {#name, offsetof(struct martlet_opencl_functions, field)}
        ENTRY(clGetPlatformIDs, getPlatformIDs),
        ENTRY(clGetPlatformInfo, getPlatformInfo),
        ENTRY(clGetDeviceIDs, getDeviceIDs),
        ENTRY(clGetDeviceInfo, getDeviceInfo),
        ENTRY(clCreateContext, createContext),
        ENTRY(clReleaseContext, releaseContext),
        ENTRY(clCreateCommandQueue, createCommandQueue),
        ENTRY(clReleaseCommandQueue, releaseCommandQueue),
        ENTRY(clCreateBuffer, createBuffer),
        ENTRY(clReleaseMemObject, releaseMemObject),
        ENTRY(clCreateProgramWithSource, createProgramWithSource),
        ENTRY(clCreateProgramWithBinary, createProgramWithBinary),
        ENTRY(clBuildProgram, buildProgram),
        ENTRY(clGetProgramInfo, getProgramInfo),
        ENTRY(clGetProgramBuildInfo, getProgramBuildInfo),
        ENTRY(clReleaseProgram, releaseProgram),
        ENTRY(clCreateKernel, createKernel),
        ENTRY(clGetKernelWorkGroupInfo, getKernelWorkGroupInfo),
        ENTRY(clReleaseKernel, releaseKernel),
        ENTRY(clSetKernelArg, setKernelArg),
        ENTRY(clEnqueueNDRangeKernel, enqueueNDRangeKernel),
        ENTRY(clEnqueueReadBuffer, enqueueReadBuffer),
        ENTRY(clEnqueueWriteBuffer, enqueueWriteBuffer),
        ENTRY(clEnqueueMapBuffer, enqueueMapBuffer),
        ENTRY(clEnqueueUnmapMemObject, enqueueUnmapMemObject),
        ENTRY(clFlush, flush),
        ENTRY(clFinish, finish),
        ENTRY(clWaitForEvents, waitForEvents),
        ENTRY(clGetEventInfo, getEventInfo),
        ENTRY(clGetEventProfilingInfo, getEventProfilingInfo),
        ENTRY(clRetainEvent, retainEvent),
        ENTRY(clReleaseEvent, releaseEvent),
#undef ENTRY
    };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(failure, sizeof failure, "%s", dlerror());
        *reason = failure;
        return false;
    }
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        void *symbol = dlsym(library, entries[i].name);
        if (!symbol) {
            snprintf(failure, sizeof failure, "%s has no function %s", path, entries[i].name);
            *reason = failure;
            dlclose(library);
            return false;
        }
        *(void **)((char *)functions + entries[i].offset) = symbol;
    }
    return true;
}
#endif
