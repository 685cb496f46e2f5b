#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  // Gradients for images of few channels, on processors: with one to four columns the vectors of the general kernel would be nearly
  // empty. Here they hold neighbouring positions, for which the upstream is turned into planes first.
  extension OpenCLBackend {
    /// Elements to spare before and behind the planes: as many as a row of vectors can reach out.
    private static let planeMargin = 64

    /// An upstream as `[image, group, channel of the group, y, x]`.
    func planes(of upstream: View, groups: Int) -> View {
      let (batch, height, width, channels) = (
        upstream.shape[0], upstream.shape[1], upstream.shape[2], upstream.shape[3]
      )
      let shape: Shape = [batch, channels, height, width]
      let storage = allocate(byteCount: (shape.elementCount + 2 * Self.planeMargin) * 4)
      let planes = View(
        storage: storage, layout: Layout(contiguous: shape, offset: Self.planeMargin), dtype: .float32)
      var source = upstream
      source.layout = upstream.layout.transposed([0, 3, 1, 2])
      map(Self.copyProgram, inputs: [source], parameters: [], outputs: [planes])
      return planes
    }

    /// Queues one stride phase of such a gradient, whose `a` are planes.
    func runPlanar(_ contraction: Contraction) {
      if contraction.rows * contraction.columns * contraction.count == 0 { return }
      let operands = contraction.operands()
      let index = IndexType(
        operands.map(\.layout) + [contraction.extent(of: contraction.a), contraction.extent(of: contraction.b)])
      let columns = contraction.columns
      // Sums enough to hide how long an addition takes.
      let rows = max(1, 4 / columns)
      let kernel = kernels.kernel(KernelKey(.planar, [UInt64(columns), index == .int ? 0 : 1])) {
        KernelText(
          function: "contraction", groupSize: 1,
          source: [martlet_cl_prelude, martlet_cl_contraction, martlet_cl_contraction_planar].map(KernelSource.text)
            .joined(),
          definitions: [
            ("WIDTH", "16"), ("INDEX", index.rawValue), ("KIND", "CONVOLUTION"), ("OPERANDS", "1"),
            ("PARAMETERS", "1"), ("COLUMNS", "\(columns)"), ("ROWS", "\(rows)"),
          ])
      }
      let blocks = (contraction.sliding.grid.height + rows - 1) / rows
      launch(
        kernel, groups: blocks * contraction.sliding.batch * contraction.count,
        [contraction.a.block, contraction.b.block, contraction.output.block],
        contraction.arguments(.registers(1, 1, width: 1), operands, index))
    }
  }
#endif
