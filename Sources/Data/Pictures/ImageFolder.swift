import Foundation

/// Pictures in folders, one folder per class: `cats/…`, `dogs/…`.
public enum ImageFolder {
  /// Reads all PNG and JPEG pictures of a folder's folders, brought to one size.
  ///
  /// Classes are the folders, sorted; files whose names end otherwise are not looked at. A broken file does not stop the rest: what is
  /// wrong with it is among the `problems`.
  ///
  /// - Parameters:
  ///   - channels: 3 for colours, 1 for shades of grey; samples are `[height, width, channels]`.
  /// - Throws: `DataFileError` where the folder cannot be read or holds no picture that can.
  /// - Precondition: sides are positive, and channels are 1 or 3.
  public static func load(
    _ folder: String, width: Int, height: Int, channels: Int = 3
  ) throws -> (dataset: Dataset, problems: [DataFileError]) {
    precondition(
      width > 0 && height > 0 && (channels == 1 || channels == 3),
      "ImageFolder: need positive sides, channels 1 or 3; got \(width)×\(height), \(channels)")
    var bytes: [UInt8] = []
    var labels: [Int] = []
    var problems: [DataFileError] = []
    let classNames = try entries(of: folder).filter { isFolder("\(folder)/\($0)") }
    for (label, name) in classNames.enumerated() {
      for file in try entries(of: "\(folder)/\(name)") where isPicture(file) {
        do {
          let picture = try ColorPicture(contentsOf: "\(folder)/\(name)/\(file)").scaled(width: width, height: height)
          bytes += channels == 3 ? picture.pixels : picture.gray.pixels
          labels.append(label)
        } catch let problem as DataFileError {
          problems.append(problem)
        }
      }
    }
    guard !labels.isEmpty else {
      throw problems.first
        ?? DataFileError(file: folder, .unreadable(reason: "its folders hold no PNG or JPEG pictures"))
    }
    let dataset = try Dataset(
      bytes: bytes, shape: [height, width, channels], labels: labels, classNames: classNames)
    return (dataset, problems)
  }

  /// The names in a folder, sorted, without hidden ones.
  private static func entries(of folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
        .sorted(by: String.areInOrder)
    } catch {
      throw DataFileError(file: folder, .unreadable(reason: "it is no folder that can be listed"))
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func isPicture(_ name: String) -> Bool {
    let name = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { name.hasSuffix($0) }
  }
}
