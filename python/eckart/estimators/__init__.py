"""Estimators with the parameters and attributes of scikit-learn's: change the import.

scikit-learn is used where it is installed; without it they fit and transform all the same.
"""

from ._pca import PCA, IncrementalPCA
from ._svd import SVD, LowRankImage
from ._truncated_svd import TruncatedSVD

__all__ = ["PCA", "SVD", "IncrementalPCA", "LowRankImage", "TruncatedSVD"]
