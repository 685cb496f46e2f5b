import MartletLayers
import MartletTensor
import Testing

@Suite("Summary") struct SummaryTests {
  @Test("is the table that Keras prints for its MNIST network")
  func kerasTable() throws {
    let model = try Sequential(input: [28, 28, 1]) {
      Conv2D(32, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Conv2D(64, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dropout(0.5)
      Dense(10)
    }
    // As published with the example "Simple MNIST convnet" on keras.io.
    #expect(
      model.summary() == """
        Model: "sequential"
        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
        ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
        │ conv2d (Conv2D)                 │ (None, 26, 26, 32)     │           320 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ max_pooling2d (MaxPooling2D)    │ (None, 13, 13, 32)     │             0 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ conv2d_1 (Conv2D)               │ (None, 11, 11, 64)     │        18,496 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ max_pooling2d_1 (MaxPooling2D)  │ (None, 5, 5, 64)       │             0 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ flatten (Flatten)               │ (None, 1600)           │             0 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ dropout (Dropout)               │ (None, 1600)           │             0 │
        ├─────────────────────────────────┼────────────────────────┼───────────────┤
        │ dense (Dense)                   │ (None, 10)             │        16,010 │
        └─────────────────────────────────┴────────────────────────┴───────────────┘
         Total params: 34,826 (136.04 KB)
         Trainable params: 34,826 (136.04 KB)
         Non-trainable params: 0 (0.00 B)
        """)
  }

  @Test("counts moving statistics as not trainable, frozen layers too, and breaks long names")
  func nonTrainable() throws {
    let first = Dense(4)
    let model = try Sequential(input: [8], name: "head") {
      first
      BatchNorm()
      GlobalNames()
    }
    first.freeze()
    let lines = model.summary().split(separator: "\n")
    #expect(lines[0] == #"Model: "head""#)
    #expect(lines.contains("│ batch_normalization             │ (None, 4)              │            16 │"))
    #expect(lines.contains("│ (BatchNormalization)            │                        │               │"))
    #expect(
      lines.suffix(3) == [
        " Total params: 52 (208.00 B)", " Trainable params: 8 (32.00 B)", " Non-trainable params: 44 (176.00 B)",
      ])
    #expect(model.summary(lineLength: 88).split(separator: "\n").dropFirst().first?.count == 88)
  }

  private struct GlobalNames: Layer {
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x }
  }
}
