"""What a trained model says: of pictures, videos and projects, drawn, written, accepted as truth."""
