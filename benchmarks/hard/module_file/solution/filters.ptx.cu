// The kernels are part of module_file.cu: AMD loads no PTX.
