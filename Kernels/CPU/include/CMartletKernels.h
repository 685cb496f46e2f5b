// The C kernels of the CPU backend: every family is one table of functions per instruction set.
#ifndef CMARTLETKERNELS_H
#define CMARTLETKERNELS_H

#include "martlet_contraction.h"
#include "martlet_isa.h"
#include "martlet_pooled_gradient.h"
#include "martlet_pooling.h"
#include "martlet_rows.h"
#include "martlet_vector.h"

#endif
