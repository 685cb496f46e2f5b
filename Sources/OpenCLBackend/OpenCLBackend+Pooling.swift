#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // `Backend` documents these.
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  extension OpenCLBackend {
    public func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?) {
      if output.shape.elementCount == 0 { return }
      run(.pool, "pool", kind, window, image: input, pooled: output, index: index, reads: input, writes: output)
    }

    public func pool2dBackward(
      _ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View
    ) {
      if inputGradient.shape.elementCount == 0 { return }
      precondition(kind == .average || index != nil, "\(name): the gradient of max pooling wants the index")
      run(
        .poolBackward, "pool_backward", kind, window, image: inputGradient, pooled: upstream,
        index: kind == .maximum ? index : nil, reads: upstream, writes: inputGradient)
    }

    private func run(
      _ family: KernelFamily, _ function: String, _ kind: PoolingKind, _ window: Window, image: View, pooled: View,
      index positions: View?, reads: View, writes: View
    ) {
      let index = IndexType([image.layout, pooled.layout])
      let channels = image.shape[3]
      let width = profile == .cpu ? (channels >= 16 ? 16 : channels >= 8 ? 8 : channels >= 4 ? 4 : 1) : 1
      let definitions = [
        ("WIDTH", "\(width)"), ("INDEX", index.rawValue), ("GROUP", "\(groupSize)"),
        ("MAXIMUM", kind == .maximum ? "1" : "0"), ("HAS_INDEX", positions == nil ? "0" : "1"),
        ("POSITION_IS_BYTE", positions?.dtype == .uint8 ? "1" : "0"),
      ]
      let choices: [UInt64] = [
        UInt64(width), index == .int ? 0 : 1, kind == .maximum ? 1 : 0, positions == nil ? 0 : 1,
        positions?.dtype == .uint8 ? 1 : 0,
      ]
      let kernel = kernels.kernel(KernelKey(family, choices)) {
        // One source holds both directions; the gradient of the maximum needs positions, so each is compiled by itself.
        KernelText(
          function: function, groupSize: groupSize,
          source: KernelSource.text(martlet_cl_prelude) + KernelSource.text(martlet_cl_pooling),
          definitions: definitions.map { (name: $0.0, value: $0.1) }
            + [("BACKWARD", family == .poolBackward ? "1" : "0")])
      }
      let (blockLength, blocksPerRow) = blocks(of: channels, upTo: 1024)
      var arguments = ArgumentBlock(index)
      arguments.append(image.shape)
      arguments.append([pooled.shape[1], pooled.shape[2]])
      arguments.append([window.size.height, window.size.width, window.stride.height, window.stride.width])
      // A row of pixels per item where items run one after the other.
      let pixelsPerItem = profile == .cpu ? max(1, writes.shape[2]) : 1
      arguments.append([window.margins.top, window.margins.left, blocksPerRow, blockLength, pixelsPerItem])
      arguments.append([image.layout.offset, pooled.layout.offset, positions?.layout.offset ?? 0])
      let pixels = writes.shape[0] * writes.shape[1] * writes.shape[2]
      launch(
        kernel, groups: groups((pixels + pixelsPerItem - 1) / pixelsPerItem * blocksPerRow),
        [reads.block, writes.block] + (positions.map { [$0.block] } ?? []), arguments)
    }
  }
#endif
