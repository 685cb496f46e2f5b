import Foundation
import MartletCharts
import MartletData
import MartletLayers
import MartletOptimizers
import MartletTensorBoard
import MartletTestSupport
import MartletTraining
import Testing

/// A folder of its own for each test, gone afterwards.
private final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "martlet-events-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: url) }
}

@Suite("Event files") struct EventFileTests {
  @Test("have the checksums of RFC 3720")
  func checksums() {
    // Appendix B.4: 32 zeros, 32 ones, 0 to 31, 31 to 0. The value of "123456789" is that of every table of CRCs.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(CRC32C.checksum((0..<32).reversed()) == 0x113F_DB5C)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  @Test("frame each record between checksums of its length and of itself")
  func framing() {
    // The length 3, its masked checksum, the bytes, theirs; masks by hand from the checksums.
    let record = RecordFrame.framed([1, 2, 3])
    #expect(record.count == 8 + 4 + 3 + 4 && Array(record[..<8]) == [3, 0, 0, 0, 0, 0, 0, 0])
    func masked(_ bytes: [UInt8]) -> [UInt8] {
      let checksum = CRC32C.checksum(bytes)
      let turned = (UInt64(checksum) << 32 | UInt64(checksum)) >> 15 & 0xFFFF_FFFF
      let sum = (turned + 0xA282_EAD8) & 0xFFFF_FFFF
      return (0..<4).map { UInt8(sum >> (8 * UInt64($0)) & 255) }
    }
    #expect(Array(record[8..<12]) == masked([3, 0, 0, 0, 0, 0, 0, 0]) && Array(record[15...]) == masked([1, 2, 3]))
    let file = record + RecordFrame.framed([]) + RecordFrame.framed([9])
    #expect(RecordFrame.payloads(file) == [[1, 2, 3], [], [9]])
    #expect(RecordFrame.payloads(Array(file.dropLast())) == [[1, 2, 3], []])
    var damaged = file
    damaged[13] ^= 1
    #expect(RecordFrame.payloads(damaged).isEmpty)
  }

  @Test("say why they cannot be written")
  func unwritable() throws {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    let file = folder.url.appending(path: "file")
    try Data().write(to: file)
    #expect {
      try EventFile(folder: file.appending(path: "logs"))
    } throws: { "\($0)".contains("cannot make the folder") && "\($0)".contains(file.path) }
  }

  @Test(
    "are read by TensorBoard: numbers, distributions, pictures and texts", .enabled(if: Peer.isThere, "\(Peer.reason)"))
  func peer() throws {
    let folder = TemporaryFolder()
    let events = try EventFile(folder: folder.url)
    try events.add(0.5, "loss", step: 1)
    try events.add(0.25, "loss", step: 2)
    let values: [Float] = [-1, -0.5, 0, 0.25, 1, 1]
    try events.add(Histogram(of: values, bins: 4), of: values, "kernel", step: 3)
    let pixels: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    try events.add(ColorPicture(width: 3, height: 2, pixels: pixels), "picture", step: 4)
    try events.add("# Größe & more", "text", step: 5)
    let found = try Peer.run(
      """
      import io, json, sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      from tensorboard.util import tensor_util
      a = EventAccumulator(sys.argv[1]); a.Reload()
      h = a.Histograms('kernel')[0]
      i = a.Images('picture')[0]
      t = a.Tensors('text')[0]
      print(json.dumps({
        'loss': [[e.step, e.value] for e in a.Scalars('loss')],
        'histogram': [h.step, h.histogram_value.min, h.histogram_value.max, h.histogram_value.num, h.histogram_value.sum,
          h.histogram_value.sum_squares],
        'limits': h.histogram_value.bucket_limit, 'counts': h.histogram_value.bucket,
        'image': [i.step, i.width, i.height], 'png': list(i.encoded_image_string),
        'text': tensor_util.make_ndarray(t.tensor_proto).tolist()[0].decode(), 'text_step': t.step,
        'plugin': a.SummaryMetadata('text').plugin_data.plugin_name}))
      """, folder.url.path)
    struct Read: Decodable {
      let loss: [[Double]]
      let histogram, limits, counts: [Double]
      let image: [Int]
      let png: [UInt8]
      let text, plugin: String
      let text_step: Int
    }
    let read = try JSONDecoder().decode(Read.self, from: Data(found.utf8))
    #expect(read.loss == [[1, 0.5], [2, 0.25]])
    // Bins of ½ from -1 to 1: -1 | -½ | 0, ¼ | 1, 1. Squares: 1 + ¼ + 0 + 1/16 + 1 + 1.
    #expect(read.histogram == [3, -1, 1, 6, 0.75, 3.3125])
    #expect(read.limits == [-0.5, 0, 0.5, 1] && read.counts == [1, 1, 2, 2])
    #expect(read.image == [4, 3, 2] && read.text == "# Größe & more" && read.text_step == 5 && read.plugin == "text")
    #expect(try ColorPicture(encoded: read.png, file: "event").pixels == pixels)
  }

  @Test("of a run have its curves, training and validation apart", .enabled(if: Peer.isThere, "\(Peer.reason)"))
  func callback() throws {
    let folder = TemporaryFolder()
    let inputs = (0..<64).map { Float($0 % 7) / 7 }
    let data = try Dataset(inputs: inputs, shape: [4, 4, 1], labels: [0, 1, 1, 0])
    let model = try Sequential(input: [4, 4, 1], layers: [Flatten(), Dense(2)], seed: 1)
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: SGD(learningRate: 0.1), metrics: [.accuracy])
    let history = try trainer.fit(
      data, validation: .dataset(data), epochs: 2, batchSize: 2,
      callbacks: [TensorBoard(folder: folder.url, samples: data, texts: ["note": "four samples"])], progress: .silent)
    let found = try Peer.run(
      """
      import json, sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      a = {}
      for part in ['train', 'validation']:
        a[part] = EventAccumulator(sys.argv[1] + '/' + part, size_guidance={'histograms': 0, 'images': 0}); a[part].Reload()
      t = a['train']
      print(json.dumps({
        'loss': [e.value for e in t.Scalars('loss')], 'val_loss': [e.value for e in a['validation'].Scalars('loss')],
        'rate': [e.value for e in t.Scalars('learning_rate')],
        'histograms': {k: [h.step for h in t.Histograms(k)] for k in t.Tags()['histograms']},
        'pictures': len(t.Images('predictions')), 'texts': sorted(t.Tags()['tensors'])}))
      """, folder.url.path)
    struct Read: Decodable {
      let loss, val_loss, rate: [Float]
      let histograms: [String: [Int]]
      let pictures: Int
      let texts: [String]
    }
    let read = try JSONDecoder().decode(Read.self, from: Data(found.utf8))
    #expect(read.loss == history["loss"].map { Float($0) } && read.val_loss == history["val_loss"].map { Float($0) })
    #expect(read.rate == [0.1, 0.1] && read.pictures == 2 && read.texts == ["model", "note"])
    #expect(read.histograms == ["1.kernel": [0, 1, 2], "1.bias": [0, 1, 2]])
  }
}
