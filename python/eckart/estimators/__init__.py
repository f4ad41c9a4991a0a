"""Estimators with the parameters and attributes of scikit-learn's: change the import.

scikit-learn is used where it is installed; without it they fit and transform all the same.
"""

from ._lsa import LSA, LatentSemanticAnalysis
from ._pca import PCA, IncrementalPCA
from ._recommender import SVDRecommender
from ._svd import SVD, LowRankImage
from ._truncated_svd import TruncatedSVD

__all__ = ["LSA", "PCA", "SVD", "IncrementalPCA", "LatentSemanticAnalysis", "LowRankImage",
           "SVDRecommender", "TruncatedSVD"]
