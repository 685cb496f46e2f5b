#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func gather(_ table: View, indices: View, output: View) {
      let (outer, count, inner) = (output.shape[0], output.shape[1], output.shape[2])
      if outer * count * inner == 0 { return }
      let index = IndexType([table.layout, indices.layout, output.layout])
      let isByte = table.dtype.byteCount == 1
      let kernel = kernels.kernel(KernelKey(.gather, [index == .int ? 0 : 1, isByte ? 1 : 0])) {
        scalarText("gather", martlet_cl_gather, index, [("TYPE", isByte ? "uchar" : "uint")])
      }
      let (blockLength, blocksPerRow) = blocks(of: inner, upTo: 4096)
      var arguments = ArgumentBlock(index)
      arguments.append([outer, count, inner, table.shape[1], blocksPerRow, blockLength])
      arguments.append(table.layout.offsetAndStrides)
      arguments.append([indices.layout.offset, indices.layout.strides[0]])
      arguments.append(output.layout.offsetAndStrides)
      launch(
        kernel, groups: groups(outer * count * blocksPerRow), [table.block, indices.block, output.block], arguments)
    }

    public func scatterAdd(_ updates: View, indices: View, output: View) {
      let (outer, count, inner) = (updates.shape[0], updates.shape[1], updates.shape[2])
      let outputCount = output.shape[1]
      if outer * count * inner * outputCount == 0 { return }
      let index = IndexType([updates.layout, indices.layout, output.layout])
      let isFloat = updates.dtype == .float32
      let kernel = kernels.kernel(KernelKey(.scatterAdd, [index == .int ? 0 : 1, isFloat ? 1 : 0])) {
        scalarText("scatter_add", martlet_cl_scatter_add, index, [("IS_FLOAT", isFloat ? "1" : "0")])
      }
      // Every item reads all indices, so there are no more segments than it takes to keep the device busy.
      let (blockLength, blocksPerRow) = blocks(of: inner, upTo: 64)
      let wanted = profile == .cpu ? 16 : 4096
      let segments = min(outputCount, max(1, wanted / (outer * blocksPerRow)))
      let segmentLength = (outputCount + segments - 1) / segments
      var arguments = ArgumentBlock(index)
      arguments.append([outer, count, inner, outputCount, blocksPerRow, blockLength, segments, segmentLength])
      arguments.append(updates.layout.offsetAndStrides)
      arguments.append([indices.layout.offset, indices.layout.strides[0]])
      arguments.append(output.layout.offsetAndStrides)
      launch(
        kernel, groups: groups(outer * segments * blocksPerRow), [updates.block, indices.block, output.block],
        arguments)
    }

    /// How an axis is cut between items: long blocks where an item loops, single elements on a GPU.
    func blocks(of extent: Int, upTo limit: Int) -> (length: Int, count: Int) {
      let length = profile == .cpu ? min(extent, limit) : 1
      return (length, (extent + length - 1) / length)
    }
  }

  extension Layout {
    /// The offset, then the stride of each axis: how kernels are told about an operand of known rank.
    var offsetAndStrides: [Int] { [offset] + strides }
  }
#endif
