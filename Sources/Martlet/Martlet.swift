// Everything there is for users, under one name: `import Martlet`.
@_exported import MartletArchive
@_exported import MartletAutograd
@_exported import MartletBackend
@_exported import MartletCharts
@_exported import MartletClassics
@_exported import MartletData
@_exported import MartletGenerative
@_exported import MartletInsight
@_exported import MartletInterchange
@_exported import MartletLayers
@_exported import MartletLosses
@_exported import MartletMetrics
@_exported import MartletONNX
@_exported import MartletOptimizers
@_exported import MartletRuns
@_exported import MartletTensor
@_exported import MartletTraining
