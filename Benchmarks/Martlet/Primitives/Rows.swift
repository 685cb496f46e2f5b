import Martlet

extension Catalogue {
  /// Softmax, running sums, sorting, and rows by index.
  static let rows: [Primitive] =
    [(128, 10), (1024, 1000)].map { rows, columns in
      Primitive("softmax-\(rows)x\(columns)", [[rows, columns], [rows, columns]]) { backend, views in
        backend.softmaxRows(views[0], logarithmic: false, output: views[1])
      }
    } + [
      Primitive("scan-1024x1000", [[1024, 1000], [1024, 1000]]) { backend, views in
        backend.scan(views[0], exclusive: false, reversed: false, output: views[1])
      },
      Primitive(
        "sort-100x10000",
        [
          .init(shape: [100, 10_000]), .init(shape: [100, 10_000]), .init(shape: [100, 10_000], dtype: .int32),
        ]
      ) { backend, views in
        backend.sort(views[0], descending: false, values: views[1], indices: views[2])
      },
      Primitive(
        "gather-4096x64",
        [.init(shape: [1, 4096, 64]), .init(shape: [4096], dtype: .int32), .init(shape: [1, 4096, 64])]
      ) { backend, views in
        backend.gather(views[0], indices: views[1], output: views[2])
      },
      Primitive(
        "scatter-add-4096x64",
        [.init(shape: [1, 4096, 64]), .init(shape: [4096], dtype: .int32), .init(shape: [1, 4096, 64])]
      ) { backend, views in
        backend.scatterAdd(views[0], indices: views[1], output: views[2])
      },
    ]
}
