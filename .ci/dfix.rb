# The formula for Homebrew on Linux. `brew bump-formula-pr` fills in url and sha256 at a release.
class Dfix < Formula
  desc "Finds what is wrong with Dockerfiles and writes the patch"
  homepage "https://github.com/your-org/dfix"
  url "https://github.com/your-org/dfix/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"
  head "https://github.com/your-org/dfix.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "curl"
  depends_on "gnupg"
  depends_on "jansson"
  depends_on "libyaml"
  depends_on :linux # its helpers are closed in by Landlock and seccomp
  depends_on "lz4"
  depends_on "openssl@3"
  depends_on "xz"
  depends_on "zstd"
  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DDFIX_TESTS=OFF",
                    "-DCMAKE_INSTALL_LIBEXECDIR=libexec", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"Dockerfile").write "FROM debian:bookworm\nRUN apt-get install curl\n"
    said = shell_output("#{bin}/dfix --offline --no-config --concise -s apt-get-yes Dockerfile", 1)
    assert_match "DL3014", said
  end
end
