extension Dataset {
  /// Reads grey pictures and their class labels from two IDX files, gzipped or plain.
  ///
  /// The pictures are bytes of shape `[count, height, width]` and become samples `[height, width, 1]` between 0 and 1; the
  /// labels are bytes of shape `[count]`.
  ///
  /// - Parameters:
  ///   - images: The path of the pictures.
  ///   - labels: The path of the labels.
  ///   - classNames: One name per class.
  /// - Throws: `DataFileError`, with the file and the byte at fault.
  public init(idxImages images: String, labels: String, classNames: [String]) throws {
    let pictures = try IDXFile(images).pictures()
    let classes = try IDXFile(labels).labels(classCount: classNames.count)
    guard classes.count == pictures.count else {
      throw DataFileError(
        file: labels, .countMismatch(labels: classes.count, samples: pictures.count, samplesFile: images))
    }
    try self.init(bytes: pictures.pixels, shape: pictures.sampleShape, labels: classes, classNames: classNames)
  }

  /// Reads grey pictures without labels from an IDX file, gzipped or plain, to be predicted.
  ///
  /// - Parameter images: The path of the pictures, bytes of shape `[count, height, width]`.
  /// - Throws: `DataFileError`, with the byte at fault.
  public init(idxImages images: String) throws {
    let pictures = try IDXFile(images).pictures()
    try self.init(bytes: pictures.pixels, shape: pictures.sampleShape)
  }
}

/// An IDX file as one that holds pictures or labels, with the errors for when it does not.
private struct IDXFile {
  let path: String
  let array: IDXArray
  let isPacked: Bool

  init(_ path: String) throws {
    let bytes = try FileBytes.read(path)
    self.path = path
    self.array = try IDXArray(parsing: bytes, file: path)
    self.isPacked = GzipReader.isGzip(bytes)
  }

  func pictures() throws -> (pixels: [UInt8], count: Int, sampleShape: [Int]) {
    guard case .uint8(let pixels) = array.elements, array.shape.count == 3, array.shape[1] > 0, array.shape[2] > 0
    else { throw unexpected("pictures (bytes on 3 axes, of at least one pixel)") }
    return (pixels, array.shape[0], [array.shape[1], array.shape[2], 1])
  }

  func labels(classCount: Int) throws -> [UInt8] {
    guard case .uint8(let labels) = array.elements, array.shape.count == 1 else {
      throw unexpected("labels (bytes on 1 axis)")
    }
    if let index = labels.firstIndex(where: { $0 >= classCount }) {
      // The header of an array with one axis takes 8 bytes.
      throw error(
        .labelOutOfRange(index: index, label: Int(labels[index]), classCount: classCount), at: 8 + index)
    }
    return labels
  }

  private func unexpected(_ expected: String) -> DataFileError {
    let type =
      switch array.elements {
      case .uint8: "bytes"
      case .int8: "signed bytes"
      case .int16: "16-bit integers"
      case .int32: "32-bit integers"
      case .float32: "single-precision numbers"
      case .float64: "double-precision numbers"
      }
    return error(.unexpectedArray(expected: expected, found: "\(type) of shape \(array.shape)"), at: 2)
  }

  private func error(_ problem: DataFileError.Problem, at byte: Int) -> DataFileError {
    DataFileError(file: path, at: isPacked ? .unpackedByte(byte) : .byte(byte), problem)
  }
}
